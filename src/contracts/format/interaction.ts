import { isMap } from '../../control/schema/mismatch.ts';
import { findGeneratorProblems } from './generators.ts';
import { findUnknownKeys, findUnknownKeysOf, isKeyOf, listInteractionKeys } from './keys.ts';
import { findRuleProblems, RULE_CATEGORIES } from './matching-rules.ts';

/** Problems in interactions: parts that the verifier would silently ignore, so that nothing could fail. */

type Fields = Readonly<Record<string, unknown>>;

const ENCODINGS = ['base64', 'json'];
const isBase64 = (text: unknown): boolean =>
  typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** A body of version 4 is wrapped, in earlier versions it is not. */
function findBodyProblems(body: unknown, place: string, isV4: boolean): string[] {
  if (!isV4) {
    const isWrapped =
      isMap(body) && 'content' in body && Object.keys(body).every((key) => isKeyOf('body', key));
    return isWrapped && ('contentType' in body || 'encoded' in body)
      ? [`${place} has the form of version 4, but metadata.pactSpecification.version is an earlier one`]
      : [];
  }
  if (body === undefined || body === null) return [];
  const wrap = 'write {"content": …, "contentType": "application/json", "encoded": false}';
  if (!isMap(body)) return [`${place} must be a map in version 4; ${wrap}`];
  if (!('content' in body)) return [`${place} has no content, so nothing is compared; ${wrap}`];
  const { content, contentType, encoded } = body;
  const unknown = findUnknownKeysOf('body', body, place);
  if (contentType !== undefined && !isText(contentType)) unknown.push(`${place}.contentType must be text`);
  if (encoded !== undefined && typeof encoded !== 'boolean' && !ENCODINGS.includes(String(encoded)))
    unknown.push(`${place}.encoded: "${encoded}" is neither false nor "base64"`);
  if (encoded === 'base64' && !isBase64(content)) unknown.push(`${place}.content is not base64`);
  return unknown;
}

/** Values by name: headers, or a query. */
function findValueProblems(values: unknown, place: string, isValue: (value: unknown) => boolean): string[] {
  if (values === undefined || values === null || isEmptyList(values)) return [];
  if (!isMap(values)) return [`${place} must be a map`];
  return Object.entries(values)
    .filter(
      ([, value]) => !(isValue(value) || (Array.isArray(value) && value.length > 0 && value.every(isValue))),
    )
    .map(([name]) => `${place}.${name} must be text, or a list of texts`);
}

const findHeader = (headers: unknown, wanted: string): string => {
  const [, value] = Object.entries(isMap(headers) ? headers : {}).find(
    ([name]) => name.toLowerCase() === wanted,
  ) ?? [undefined, ''];
  return String(Array.isArray(value) ? value[0] : value).toLowerCase();
};

const unwrap = (body: unknown, isV4: boolean): unknown => (isV4 && isMap(body) ? body.content : body);

const FORM = 'application/x-www-form-urlencoded';

/** A form as a map of lists. */
const readForm = (text: string): Fields =>
  Object.fromEntries([...new URLSearchParams(text).keys()].map((name) => [name, ['']]));

function findRequestProblems(request: Fields, place: string, isV4: boolean): string[] {
  const { method, path, query, headers, body, generators } = request;
  const content = unwrap(body, isV4);
  const contentType = findHeader(headers, 'content-type');
  const isForm = contentType.startsWith(FORM);
  const example = isForm && typeof content === 'string' ? readForm(content) : content;
  const isQuery = query === undefined || typeof query === 'string';
  return [
    ...findUnknownKeysOf('request', request, place),
    ...(isText(method) ? [] : [`${place} has no method; add one, such as "GET"`]),
    ...(isText(path) ? [] : [`${place} has no path`]),
    ...(isQuery
      ? []
      : findValueProblems(query, `${place}.query`, (value) => typeof value === 'string' || value === null)),
    ...findValueProblems(headers, `${place}.headers`, isScalar),
    ...findBodyProblems(body, `${place}.body`, isV4),
    ...(isForm && isMap(content)
      ? [
          `${place}.body is a JSON map, but the Content-Type is that of a form; write the body as text: "name=value&…"`,
        ]
      : []),
    ...findGeneratorProblems(generators, `${place}.generators`, {
      query,
      headers,
      body: typeof example === 'object' && example !== null ? example : undefined,
      isMultipart: contentType.startsWith('multipart/'),
    }),
  ];
}

const asExample = (content: unknown): unknown =>
  typeof content === 'object' && content !== null ? content : undefined;

/** Without a status, the verifier expects 200; it aborts if the status is not a number. */
function findStatusProblems({ status, matchingRules }: Fields, place: string): string[] {
  const isRuled = isMap(matchingRules) && ('status' in matchingRules || '$.status' in matchingRules);
  const isStatus = typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599;
  // The example beside a rule is only an example.
  if (isStatus || (isRuled && typeof status === 'number')) return [];
  return status === undefined
    ? [`${place} has no status; add one, because the verifier would expect 200`]
    : [`${place}.status: ${JSON.stringify(status)} is not a status; use a number from 100 to 599`];
}

function findResponseProblems(response: Fields, place: string, isV4: boolean): string[] {
  const { headers, body, matchingRules = response.responseMatchingRules } = response;
  const examples = { headers, body: asExample(unwrap(body, isV4)) };
  return [
    ...findUnknownKeysOf('response', response, place),
    ...findStatusProblems(response, place),
    ...findValueProblems(headers, `${place}.headers`, isScalar),
    ...findBodyProblems(body, `${place}.body`, isV4),
    ...findRuleProblems(matchingRules, `${place}.matchingRules`, RULE_CATEGORIES.response, examples),
  ];
}

const isNothing = (content: unknown): boolean =>
  content === undefined ||
  content === null ||
  content === '' ||
  (typeof content === 'object' && Object.keys(content).length === 0);

function findEventProblems(event: Fields, place: string, isV4: boolean): string[] {
  const { contents, metadata, metaData, matchingRules } = event;
  const found = findBodyProblems(contents, `${place}.contents`, isV4);
  const content = unwrap(contents, isV4);
  if (found.length === 0 && isNothing(content))
    found.push(
      `${place}.contents expects nothing of the event; write what your page reads, such as {"code": …}`,
    );
  if (metadata !== undefined && metaData !== undefined)
    found.push(`${place} has both metadata and metaData; keep one of them`);
  const given = metadata ?? metaData;
  if (given !== undefined && given !== null && !isMap(given) && !isEmptyList(given))
    found.push(`${place}.metadata must be a map`);
  return [
    ...found,
    ...findRuleProblems(matchingRules, `${place}.matchingRules`, RULE_CATEGORIES.message, {
      metadata: given,
      body: asExample(content),
    }),
  ];
}

/** Parts that only a plugin can verify. */
function findPluginProblems({ pluginConfiguration, transport }: Fields, place: string): string[] {
  const names = isMap(pluginConfiguration) ? Object.keys(pluginConfiguration) : [];
  const help = 'which would be downloaded from the internet; write the interaction without it';
  return [
    ...names.map((name) => `${place} needs the plugin ${name}, ${help}`),
    ...(transport === undefined || transport === null || /^(?:https?|message)$/.test(String(transport))
      ? []
      : [`${place}: the transport "${transport}" needs a plugin, ${help}`]),
  ];
}

const SYNCHRONOUS = 'Synchronous/Messages';
const TYPES = ['Synchronous/HTTP', 'Asynchronous/Messages'];

/** Whether an interaction of this type can be verified, and what to write otherwise. */
export function findTypeProblem({ type }: Fields, place: string, isV4: boolean): string | undefined {
  if (type === undefined || type === null || type === TYPES[0]) return undefined;
  if (type === SYNCHRONOUS)
    return `${place} is of type "${SYNCHRONOUS}", a request with an answer, but events have no answer; write it as "${TYPES[1]}"`;
  if (type !== TYPES[1])
    return `${place} is of type "${type}"; only ${TYPES.join(' and ')} can be verified here`;
  return isV4
    ? undefined
    : `${place} is of type "${type}", which needs version 4.0 in metadata.pactSpecification.version`;
}

/** Every problem in the form of an interaction. */
export function findFormProblems(
  interaction: Fields,
  {
    kind,
    place,
    isV4,
  }: { readonly kind: 'http' | 'message'; readonly place: string; readonly isV4: boolean },
): string[] {
  const { request, response } = interaction;
  return [
    ...findUnknownKeys(interaction, place, listInteractionKeys(kind, isV4)),
    ...findPluginProblems(interaction, place),
    ...(kind === 'message' ? findEventProblems(interaction, place, isV4) : []),
    ...(kind === 'http' && isMap(request) ? findRequestProblems(request, `${place}.request`, isV4) : []),
    ...(kind === 'http' && isMap(response) ? findResponseProblems(response, `${place}.response`, isV4) : []),
  ];
}
