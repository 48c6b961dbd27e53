/** What guests never reach outside, whatever is there, unless an egress policy opens a part of it. */
export const CLOSED_RANGES = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // RFC 6598; Alibaba's metadata service
  "127.0.0.0/8",
  "168.63.129.16/32", // Azure's host agent
  "169.254.0.0/16", // link-local, metadata services
  "172.16.0.0/12",
  "192.0.0.0/24", // RFC 6890; Oracle's metadata service
  "192.168.0.0/16",
  "198.18.0.0/15", // RFC 2544
  "224.0.0.0/3",
] as const;

/** Of these, what no policy opens: nothing that a guest could want is there. */
export const NEVER_RANGES = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"] as const;
