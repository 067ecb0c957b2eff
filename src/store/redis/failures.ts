/** Another number for every change of the keys. Every layout keeps its own in the field `layout` of the key `born`. */
export const LAYOUT = '4';

/** Errors by which a server says that it can serve no command; other errors are failures of ours. */
export const UNUSABLE_SERVER =
  /\b(?:LOADING|READONLY|MISCONF|NOAUTH|NOPERM|WRONGPASS|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|CROSSSLOT|WRONGTYPE|BUSY|UNKILLABLE)\b|can't run this command|ACL failure|[Uu]nknown (?:Redis )?command|non local key/;
/** Errors by which a node of a cluster says that it does not have all that a command needs. */
export const WRONG_NODE = /\b(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN|CROSSSLOT)\b|non local key/;
/** Errors that may go away soon. */
export const TEMPORARY_ERROR = /\b(?:LOADING|BUSY|MASTERDOWN)\b/;
export const NO_MEMORY = /\bOOM\b/;

/** The keys were written by another version, which may still run. */
export class LayoutMismatch extends Error {
  constructor(layout: string, prefix: string) {
    super(
      `another version of mock-veridas uses it (layout ${layout} of the keys, this one needs ${LAYOUT}). Give this one a --store-prefix of its own, or stop the others and delete the keys ${prefix}*`,
    );
  }
}

/** The address is not that of a server that can be used; waiting does not help. */
export class WrongAddress extends Error {}

/** A node of a cluster does not have the partition, or not all of it. */
export class WrongNode extends Error {}
