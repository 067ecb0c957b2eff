/** Backend of a shop, as in guide 5.4. Only the backend knows the secret; it requests a token for each user. */
export interface Credentials {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

async function post(
  { url, clientId, clientSecret }: Credentials,
  path: string,
  fields: Record<string, string>,
) {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, client_id: clientId, client_secret: clientSecret }).toString(),
  });
  if (!answer.ok) throw new Error(`VideocallManager has answered ${answer.status}`);
  return answer;
}

/** Requests a token for one user. `goodFor` is its lifetime in milliseconds. */
export async function tokenFor(credentials: Credentials): Promise<{ token: string; goodFor: number }> {
  const answer = await post(credentials, '/o/token/', { grant_type: 'client_credentials' });
  const { access_token, expires_in } = (await answer.json()) as { access_token: string; expires_in: number };
  return { token: access_token, goodFor: expires_in * 1000 };
}

/** Revokes a token that is no longer needed. */
export async function giveBack(credentials: Credentials, token: string): Promise<void> {
  await post(credentials, '/o/revoke_token/', { token });
}
