/** What is known of a validation process. The client's video call is a part of it. Guide 5.3. */
export interface Validation {
  /** Empty when it applies to all clients. */
  readonly clientId: string;
  readonly validationId: string;
  /** How many calls it has had: the number of the latest one. */
  readonly calls: number;
  /** Whether the validation exists; undefined leaves it to the rule for unknown ids. */
  readonly exists?: boolean;
  /** Whether it was confirmed, so that agents see its call; undefined when it was not created here. */
  readonly confirmed?: boolean;
  /** Name of the scenario of its calls. */
  readonly scenario?: string;
}

/** What can be set for a validation in advance. */
export type ValidationSettings = Pick<Validation, 'exists' | 'confirmed' | 'scenario'>;

/** A validation of the config file, for one client or for all. */
export interface ConfiguredValidation extends ValidationSettings {
  readonly clientId?: string | undefined;
  readonly validationId: string;
}
