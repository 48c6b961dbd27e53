/**
 * Resolvers that anybody may ask by HTTPS, TLS or QUIC, as entries of an egress list: their names, and the addresses that
 * programs know by heart. There are always others.
 */
export const PUBLIC_DNS: readonly string[] = [
  // Google
  ...["dns.google", "*.dns.google", "dns.google.com", "8.8.8.8", "8.8.4.4"],
  // Cloudflare, also for Firefox and others
  ...["cloudflare-dns.com", "*.cloudflare-dns.com", "one.one.one.one", "*.cloudflare-gateway.com"],
  ...["1.1.1.0/30", "1.0.0.0/30", "104.16.248.249", "104.16.249.249", "162.159.36.1", "162.159.46.1"],
  // Quad9
  ...["quad9.net", "*.quad9.net", "dns.quad9.com", "9.9.9.0/24", "149.112.112.0/24"],
  // OpenDNS (Cisco)
  ...["doh.opendns.com", "dns.opendns.com", "doh.familyshield.opendns.com", "doh.sandbox.opendns.com"],
  ...["dns.umbrella.com", "doh.umbrella.com", "208.67.222.0/24", "208.67.220.0/24", "146.112.41.0/29"],
  // NextDNS, AdGuard, Control D, Mullvad
  ...["nextdns.io", "*.nextdns.io", "45.90.28.0/22"],
  ...["adguard-dns.com", "*.adguard-dns.com", "dns.adguard.com", "*.dns.adguard.com", "94.140.14.0/23"],
  "dns-family.adguard.com",
  ...["controld.com", "*.controld.com", "76.76.2.0/24", "76.76.10.0/24"],
  ...["dns.mullvad.net", "*.dns.mullvad.net", "doh.mullvad.net", "*.doh.mullvad.net", "194.242.2.0/24"],
  // CleanBrowsing, DNS.SB, Comodo, CIRA, Wikimedia, Digitale Gesellschaft, IIJ, Alibaba, DNSPod
  ...["cleanbrowsing.org", "*.cleanbrowsing.org", "185.228.168.0/23"],
  ...["dns.sb", "*.dns.sb", "185.222.222.222", "45.11.45.11"],
  ...["secure.dns.comodo.net", "8.26.56.26", "8.20.247.20"],
  ...["*.canadianshield.cira.ca", "149.112.121.0/24", "149.112.122.0/24"],
  ...["wikimedia-dns.org", "*.wikimedia-dns.org", "185.71.138.138"],
  ...["dns.digitale-gesellschaft.ch", "185.95.218.42", "185.95.218.43"],
  ...["public.dns.iij.jp", "103.2.57.5", "103.2.57.6"],
  ...["*.alidns.com", "223.5.5.5", "223.6.6.6"],
  ...["doh.pub", "dot.pub", "dns.pub", "*.doh.pub", "1.12.12.12", "120.53.53.53", "119.29.29.29"],
  // LibreDNS, AppliedPrivacy, FFMUC, Level 3, Freifunk and others that browsers offer or scripts know
  ...["doh.libredns.gr", "doh.applied-privacy.net", "doh.ffmuc.net", "dns.njal.la"],
  ...[
    "dns.switch.ch",
    "odvr.nic.cz",
    "doh.xfinity.com",
    "dns.comss.one",
    "dns.twnic.tw",
    "dns0.eu",
    "*.dns0.eu",
  ],
  ...["4.2.2.0/29", "64.6.64.6", "64.6.65.6", "77.88.8.0/24", "common.dot.dns.yandex.net", "dns.yandex.ru"],
];
