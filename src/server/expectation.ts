import type { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';

/** The header `Expect`: a list in any case, of which HTTP defines one member. RFC 9110, 10.1.1. */

const CONTINUE = '100-continue';

const listExpectations = (header: string | undefined): string[] =>
  header === undefined
    ? []
    : header
        .split(',')
        .map((member) => member.trim())
        .filter((member) => member !== '');

/** The first expectation that is not 100-continue. */
export const findUnknownExpectation = (header: string | undefined): string | undefined =>
  listExpectations(header).find((member) => member.toLowerCase() !== CONTINUE);

/** Asks for the body of a request that waits for that, and hands every request to `handler`. Node knows one spelling only. */
export function answerExpectations(server: EventEmitter, handler: RequestListener): void {
  const listener: RequestListener = (request, response) => {
    const { expect } = request.headers;
    if (listExpectations(expect).length > 0 && findUnknownExpectation(expect) === undefined)
      response.writeContinue();
    handler(request, response);
  };
  server.on('checkContinue', listener);
  server.on('checkExpectation', listener);
}
