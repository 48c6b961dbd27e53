/** An IPv4 range in CIDR notation as its first and last address; a bare address is a range of one. */
function range(cidr: string): readonly [number, number] {
  const [ip = "", prefix = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(prefix));
  const address = ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = Math.floor(address / size) * size;
  return [first, first + size - 1];
}

/** Whether two IPv4 ranges share an address. */
export function overlaps(one: string, other: string): boolean {
  const [firstA, lastA] = range(one);
  const [firstB, lastB] = range(other);
  return firstA <= lastB && firstB <= lastA;
}

/** A /24 of the private ranges that meets none of `taken`. */
export function suggestCidr(taken: readonly string[]): string | undefined {
  const candidates = [
    ...Array.from({ length: 155 }, (_, index) => `192.168.${101 + index}.0/24`),
    ...Array.from({ length: 256 }, (_, index) => `10.213.${index}.0/24`),
  ];
  return candidates.find((candidate) => taken.every((one) => !overlaps(one, candidate)));
}
