/** The oldest supported browsers, by version. Guide 3. */
export const OLDEST_BROWSERS = {
  Opera: 44,
  Edge: 16,
  Firefox: 52,
  Chrome: 57,
  Safari: 11.2,
} as const;
