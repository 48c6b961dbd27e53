/** The person's own user in the guest: display, browser and exec run as it, never as root. Made by the image. */
export const BROWSER_USER = {
  name: "browser",
  uid: 1000,
  gid: 1000,
  home: "/home/browser",
  runtimeDir: "/run/user/1000",
  display: ":1",
} as const;

export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The whole environment of a process of that user: the session's settings, then what must be so. */
export function browserUserEnvironment(session: Readonly<Record<string, string>>): Record<string, string> {
  const { name, home, runtimeDir, display } = BROWSER_USER;
  return {
    LANG: "C.UTF-8",
    ...session,
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
    SHELL: "/bin/bash",
    HOME: home,
    USER: name,
    LOGNAME: name,
    XDG_RUNTIME_DIR: runtimeDir,
    DISPLAY: display,
  };
}
