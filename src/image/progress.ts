/** Who wants to know how reading goes on. Called often: it must be quick. */
export interface ReadProgress {
  /** So many layers are going to be read. A stream's layers are read as they come, before anybody has counted them. */
  found(layers: number): void;
  /** One of them is read. */
  layer(): void;
  /** Bytes of layers, as stored. */
  bytes(count: number): void;
}
