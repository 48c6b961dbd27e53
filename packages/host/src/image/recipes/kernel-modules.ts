/**
 * What our initramfs loads, dependencies aside. A distribution builds some of them into its kernel, and lacks some
 * that other devices need; only the `needed` must exist one way or the other.
 */
export const kernelModules = {
  needed: ["virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "erofs", "ext4", "overlay"],
  wanted: [
    "virtio_mmio",
    "virtio_rng",
    "virtio_balloon",
    "crc32c_generic",
    "vmw_vsock_virtio_transport",
    // Reseeds the kernel by itself in a restored VM, where the VMM tells of it. Debian 12's cloud kernel has none.
    "vmgenid",
  ],
} as const;
