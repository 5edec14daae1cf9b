import type { Faults } from '../../faults.js';
import { optionalWebAddress, webAddress } from '../../validation/address.rules.js';

export interface MediaServerSettings {
  wssUrl: string;
  domainManagerUrl?: string | null;
}

/** The columns of a tenant that hold its media server. */
export interface MediaServerColumns {
  mediaWssUrl: string | null;
  mediaDomainManagerUrl: string | null;
}

/** Checks a media server; none clears it. Tenantry never calls these addresses. */
export function mediaServerColumns(
  faults: Faults,
  path: readonly string[],
  media: MediaServerSettings | null | undefined,
): MediaServerColumns {
  if (media === null || media === undefined) return { mediaWssUrl: null, mediaDomainManagerUrl: null };
  return {
    mediaWssUrl: webAddress(faults, [...path, 'wssUrl'], media.wssUrl, ['wss']),
    mediaDomainManagerUrl: optionalWebAddress(faults, [...path, 'domainManagerUrl'], media.domainManagerUrl, [
      'http',
      'https',
    ]),
  };
}
