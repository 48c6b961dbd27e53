# Login shells get the session's settings (systemd's EnvironmentFile syntax is also the shell's).
if [ -r /etc/browservm/session.env ]; then
  set -a
  . /etc/browservm/session.env
  set +a
fi
