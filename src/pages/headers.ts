/**
 * Headers of a page: not cached, no referrer, and nothing allowed beyond its policy.
 *
 * @param policy directives of the Content-Security-Policy that relax the default, which forbids everything
 */
export const createPageHeaders = (policy: Readonly<Record<string, string>>) => ({
  'cache-control': 'no-store',
  'content-security-policy': Object.entries({
    'default-src': "'none'",
    ...policy,
    'base-uri': "'none'",
    'form-action': "'none'",
  })
    .map((directive) => directive.join(' '))
    .join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});
