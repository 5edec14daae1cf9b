/** What a picture may be, before any of it is decoded. */

export const imageLimits = {
  /** Of the file as sent, and of what is stored. */
  bytes: 2_097_152,
  sidePixels: 4_096,
} as const;

/** The three places of a tenant's branding that hold a picture. */
export type LogoKind = 'logo' | 'logoDark' | 'favicon';

/** A file of the request, read into memory up to the limit. */
export interface ReceivedFile {
  readonly bytes: Buffer;
  /** Whether it was longer than `bytes` are. */
  readonly isTruncated: boolean;
}

export type RasterType = 'png' | 'jpeg' | 'webp';
export type ImageType = RasterType | 'ico' | 'svg';

/** A picture that is not taken. The message is for a person and repeats nothing of the file. */
export class ImageRefusal extends Error {
  override readonly name = 'ImageRefusal';

  constructor(
    readonly code: 'FILE_TOO_LARGE' | 'FILE_TYPE_NOT_ALLOWED',
    message: string,
  ) {
    super(message);
  }
}

const signatures: readonly (readonly [ImageType, (bytes: Buffer) => boolean])[] = [
  ['png', (bytes) => startsWith(bytes, '\x89PNG\r\n\x1a\n')],
  ['jpeg', (bytes) => startsWith(bytes, '\xff\xd8\xff')],
  ['webp', (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes.subarray(8), 'WEBP')],
  ['ico', (bytes) => startsWith(bytes, '\0\0\x01\0')],
  ['svg', startsAsXml],
];

/** The type as the first bytes tell it; the file's name and stated type prove nothing. Undefined: none of ours. */
export function detectImageType(bytes: Buffer): ImageType | undefined {
  return signatures.find(([, matches]) => matches(bytes))?.[0];
}

function startsWith(bytes: Buffer, magic: string): boolean {
  return bytes.subarray(0, magic.length).equals(Buffer.from(magic, 'latin1'));
}

function startsAsXml(bytes: Buffer): boolean {
  const text = bytes
    .subarray(0, 1_024)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  return text.trimStart().startsWith('<');
}

/**
 * Each side for itself: 16000 × 1000 pixels would pass a limit on their product.
 * @throws ImageRefusal FILE_TOO_LARGE
 */
export function checkSides(width: number, height: number): void {
  if (width > imageLimits.sidePixels || height > imageLimits.sidePixels) {
    throw new ImageRefusal('FILE_TOO_LARGE', `Must be at most ${imageLimits.sidePixels} pixels wide and high.`);
  }
}
