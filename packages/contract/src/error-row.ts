export interface ErrorRow {
  /** HTTP status when the error crosses the API. */
  readonly status: number;
  readonly title: string;
  /** One way out, addressed to the person who reads it. */
  readonly fix: string;
}
