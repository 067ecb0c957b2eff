import type { FastifyRequest } from 'fastify';
import type { JournalEntry } from '../domain/journal.ts';
import { parseAddress } from '../server/address.ts';
import type { ReceivedRequest } from '../simulator/received-request.ts';
import type { Form } from './django/form.ts';
import { unquote } from './django/urlencoded.ts';

/** A proxy may name something that is no address. RFC 7239, 6.2. */
export const UNKNOWN_ADDRESS = 'unknown';

interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Path and query of a request, with the path decoded; a fragment, which is not allowed, is dropped. */
export function parseTarget(url: string): RequestTarget {
  // RFC 9112, 3.2.2: a request target may be a whole URL.
  const requestTarget = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const fragment = requestTarget.indexOf('#');
  const target = fragment < 0 ? requestTarget : requestTarget.slice(0, fragment);
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: unquote(target), query: '' }
    : { path: unquote(target.slice(0, mark)), query: target.slice(mark + 1) };
}

/** What is learned about a request to the imitated service while it is answered. */
export class RequestContext {
  readonly target: RequestTarget;
  /** The client's address; a socket that is closed does not know it any more. */
  readonly from: string;
  received?: ReceivedRequest;
  /** Why it is refused or fails, as text; the service's own answers do not say it. */
  reason?: string;
  /** How the client can avoid that. */
  fix?: string;
  /** The test wants the refusal, so it is no mistake. */
  isIntended?: true;
  /** The same as one word. */
  cause?: string;
  form?: Form;
  validationId?: string;
  isSuperseded?: true;
  /** It has revoked a token of its client. */
  hasRevoked = false;
  isRecorded = false;
  /** Its entry, if that was written together with the result. */
  entry?: JournalEntry;

  constructor({ url, ip }: FastifyRequest) {
    this.target = parseTarget(url);
    this.from = parseAddress(ip ?? '') ?? UNKNOWN_ADDRESS;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined for requests to anything but the imitated service. */
    requestContext?: RequestContext;
  }
}

/** The context of a request to the imitated service. */
export function getRequestContext({ requestContext }: FastifyRequest): RequestContext {
  if (requestContext === undefined) throw new Error('not a request to the imitated service');
  return requestContext;
}
