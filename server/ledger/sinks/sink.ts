/** What every sink is: it takes batches of events and says what became of each. Each kind is one file beside this one. */

/** One OCSF event on its way. */
export type ShippedEvent = {
  /** `metadata.uid`: a collector drops what it has already. */
  readonly uid: string;
  readonly seq: number;
  readonly log: string;
  /** 'held', 'acknowledged', …, or 'head'. */
  readonly kind: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** OCSF's severity_id: 1 informational … 5 critical. */
  readonly severity: number;
  readonly host: string;
  /** The event: JSON in one line of plain ASCII. */
  readonly text: string;
};

export type Sent =
  | { readonly kind: 'taken' }
  /** It will never be taken as it is. Of a batch: some event in it will not. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Some were dropped for good, the others taken; which, the receiver does not say. */
  | { readonly kind: 'partly'; readonly rejected: number; readonly reason: string }
  /** Not now. Whether any was taken is not known. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number | undefined }
  /** No repeating helps: somebody has to mend the settings. */
  | { readonly kind: 'stopped'; readonly reason: string };

export type Sink = {
  /** For people: "otlp https://collector.example.com/v1/logs". Its digest names the cursor. */
  readonly name: string;
  /** So many records before the last confirmed one are sent again after a failure: a collector that died may have lost them. */
  readonly again: number;
  /** Never throws. */
  readonly send: (events: readonly ShippedEvent[], signal: AbortSignal) => Promise<Sent>;
};
