import * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use

/** Linux caps interface names at 15 bytes (IFNAMSIZ - 1, linux/if.h). */
export const LinkName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,14}$/)
  .brand<"LinkName">();
export type LinkName = z.infer<typeof LinkName>;

export const MacAddress = z
  .string()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)
  .brand<"MacAddress">();
export type MacAddress = z.infer<typeof MacAddress>;

export const Ipv4 = z.ipv4().brand<"Ipv4">();
export type Ipv4 = z.infer<typeof Ipv4>;

/** An IPv4 network in CIDR notation, e.g. 192.168.100.0/24. */
export const Ipv4Cidr = z.cidrv4().brand<"Ipv4Cidr">();
export type Ipv4Cidr = z.infer<typeof Ipv4Cidr>;

export const TcpPort = z.int().min(1).max(65_535);
