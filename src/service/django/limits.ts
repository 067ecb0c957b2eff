/** How much the imitated framework takes of a form before it answers 400. */
export const MOST_BYTES = 2_621_440;
export const MOST_FIELDS = 1000;

/** A form is larger than the framework takes. */
export class TooMuch extends Error {
  constructor(what: string) {
    super(`a form with too many ${what}`);
  }
}
