import type { FastifyInstance } from 'fastify';

/** A stored logo. */
export interface LogoBytes {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Reads a logo by its SHA-256 in lower-case hexadecimal; undefined where there is none. */
export type ReadLogo = (sha256: string) => Promise<LogoBytes | undefined>;

/** `/logos/{sha256}`: the address names the content, so that it may be kept for ever. */
export function logoRoute(readLogo: ReadLogo) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.get<{ Params: { sha256: string } }>('/logos/:sha256', async (request, reply) => {
      const { sha256 } = request.params;
      const logo = /^[0-9a-f]{64}$/.test(sha256) ? await readLogo(sha256) : undefined;
      if (logo === undefined) {
        reply.callNotFound();
        return reply;
      }
      const etag = `"${sha256}"`;
      void reply.headers({
        etag,
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
      });
      if (isKnown(etag, request.headers['if-none-match'])) return reply.code(304).send();
      return reply.type(logo.contentType).send(logo.bytes);
    });
  };
}

/** Weak comparison, as If-None-Match has it (RFC 9110, 13.1.2). */
function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
