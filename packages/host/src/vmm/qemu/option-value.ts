/** In an option's value a comma is written twice (qemu(1), "Syntax"). */
export const value = (text: string): string => text.replaceAll(",", ",,");
