/** What is known of a client's validation process, of which the client's video call is a part. Guide 5.3. */
export interface Validation {
  /** Empty where it holds for every client. */
  readonly clientId: string;
  readonly validationId: string;
  /** How many calls have been opened for it: the number of the latest one. */
  readonly calls: number;
  /** Whether there is such a validation; undefined leaves it to what holds for unknown ones. */
  readonly exists?: boolean;
  /** Whether it was confirmed, which is what lets agents see it; undefined where it was not created here. */
  readonly confirmed?: boolean;
  /** Name of the scenario that its calls play. */
  readonly scenario?: string;
}
