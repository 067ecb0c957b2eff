/**
 * Headers of a page: nobody keeps it, nobody is told where it was left, and it may do only what its policy says.
 *
 * @param policy directives of the Content-Security-Policy beside those that forbid everything else
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
