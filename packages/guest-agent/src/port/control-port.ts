/** The guest's end of the control channel as a byte stream, however the VMM brings it into the VM. */
export interface ControlPort {
  /** To be called once. */
  listen(onBytes: (bytes: Uint8Array) => void): void;
  /** In order, and whole. Settles when the bytes are taken, or when there is nobody to take them. Never rejects. */
  write(bytes: Uint8Array): Promise<void>;
}
