import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the tests check what they expect of it
  readonly json: any;
}

/** A pact in the broker. */
export interface StoredPact {
  readonly pact: Record<string, unknown>;
  readonly pending?: boolean;
  readonly wip?: boolean;
  readonly notices?: readonly { readonly when: string; readonly text: string }[];
}

/** An answer instead of the broker's own. */
type Answer = { readonly status: number; readonly json: unknown };

const PROVIDER = '/pacticipants/videocall-manager';
const FOR_VERIFICATION = '/pacts/provider/videocall-manager/for-verification';
/** The path of all pacts; each is kept under its index. */
export const PACTS = '/pacts/provider/videocall-manager/consumer/shop/pact-version';
const PACT_NAME = 'Pact between shop (4.5.6) and videocall-manager';

/**
 * Starts the part of a Pact broker that a verification uses: links, pacts for verification, results. Names, links and errors
 * are those of the broker's own documents (its HAL, as of version 2.113).
 */
export async function openBroker(
  kept: readonly StoredPact[],
  authorization?: string,
  others: Readonly<Record<string, Answer>> = {},
) {
  const received: ReceivedRequest[] = [];
  let base = '';
  const link = (path: string, title: string, more: object = {}) => ({
    href: `${base}${path}`,
    title,
    ...more,
  });
  const TEMPLATED = { templated: true };

  const createDocument = (index: number) => ({
    ...kept[index]?.pact,
    _links: {
      self: link(`${PACTS}/${index}`, 'Pact', { name: PACT_NAME }),
      'pb:consumer-version': link('/pacticipants/shop/versions/4.5.6', 'Consumer version', { name: '4.5.6' }),
      'pb:provider': link(PROVIDER, 'Provider', { name: 'videocall-manager' }),
      'pb:publish-verification-results': link(
        `${PACTS}/${index}/verification-results`,
        'Publish verification results',
      ),
    },
  });

  const listForVerification = () => ({
    _embedded: {
      pacts: kept.map(({ pending = false, wip = false, notices = [] }, index) => ({
        shortDescription: 'latest',
        verificationProperties: { pending, ...(wip && { wip }), notices },
        _links: { self: { href: `${base}${PACTS}/${index}`, name: PACT_NAME } },
      })),
    },
    _links: { self: link(FOR_VERIFICATION, 'Pacts to be verified') },
  });

  const answers: Record<string, () => unknown> = {
    'GET /': () => ({
      _links: {
        'pb:provider-pacts-for-verification': link(
          '/pacts/provider/{provider}/for-verification',
          'Pact versions to be verified for the specified provider',
          TEMPLATED,
        ),
      },
    }),
    // Clients follow the link before they post to it.
    [`GET ${FOR_VERIFICATION}`]: listForVerification,
    [`POST ${FOR_VERIFICATION}`]: listForVerification,
    [`GET ${PROVIDER}`]: () => ({
      _links: {
        'pb:version-tag': link(
          `${PROVIDER}/versions/{version}/tags/{tag}`,
          'Get, create or delete a tag for a version of videocall-manager',
          TEMPLATED,
        ),
        'pb:branch-version': link(
          `${PROVIDER}/branches/{branch}/versions/{version}`,
          'Get or add/create a version for a branch of videocall-manager',
          TEMPLATED,
        ),
      },
    }),
  };

  function answer(method: string, path: string): Answer {
    const other = others[`${method} ${path}`];
    if (other !== undefined) return other;
    const own = answers[`${method} ${path}`];
    if (own !== undefined) return { status: 200, json: own() };
    const [, index] = /\/pact-version\/(\d+)$/.exec(path) ?? [];
    if (method === 'GET' && index !== undefined) return { status: 200, json: createDocument(Number(index)) };
    if (method === 'PUT') return { status: 201, json: {} };
    return method === 'POST' && path.endsWith('/verification-results')
      ? { status: 201, json: { _links: { self: link(`${path}/17`, 'Verification result') } } }
      : { status: 404, json: {} };
  }

  const server = createServer(async (request, response) => {
    const { method = '', url = '/', headers } = request;
    const body = await text(request);
    received.push({
      method,
      path: url,
      authorization: headers.authorization,
      json: body === '' ? undefined : JSON.parse(body),
    });
    const isKnown = authorization === undefined || headers.authorization === authorization;
    const { status, json } = isKnown ? answer(method, url) : { status: 401, json: {} };
    response.writeHead(status, { 'content-type': 'application/hal+json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: base,
    received,
    /** Returns the received requests with this method whose path ends with `end`. */
    sent: (method: string, end: string) =>
      received.filter((one) => one.method === method && one.path.endsWith(end)),
    close: () => server.close(),
  };
}
