/** What differs from run to run, each with the sign that stands for it when two runs are compared. */
const volatile: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]+(\.[\w-]+)*…?/g, '<token>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g, '<time>'],
  [/"month": ?"\d{4}-\d{2}"/g, '"month": "<month>"'],
  [/"(exp|iat|auth_time)": ?\d+/g, '"$1": <seconds>'],
  [/"(jti)": ?"[^"]*"/g, '"$1": "<id>"'],
  [/(_SECRET=)\S+/g, '$1<secret>'],
  [/\b(127\.0\.0\.1|localhost):\d+/g, '$1:<port>'],
];

/** A text with all that differs from run to run replaced by signs. */
export function withoutVolatile(text: string): string {
  return volatile.reduce((masked, [pattern, sign]) => masked.replace(pattern, sign), text).trimEnd();
}

/** Tokens cut to what shows that they are some: a transcript is no place for them. */
export function withShortTokens(text: string): string {
  return text.replace(/eyJ[\w-]{12,}(\.[\w-]+)*/g, (token) => `${token.slice(0, 16)}…`);
}

/** Lines of `.env` with their secrets cut in the same way. */
export function withShortSecrets(text: string): string {
  return text.replace(/(_SECRET=)(\S{6})\S+/g, '$1$2…');
}
