import sharp from 'sharp';

/** A PNG of one colour, sides in pixels. */
export async function png(width: number, height: number, background = '#336699'): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A small SVG that survives the rebuilding as it is. */
export const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="#369"/></svg>',
);

/** An ICO with one PNG frame, sides in pixels. */
export async function icon(side: number): Promise<Buffer> {
  const frame = await png(side, side);
  const directory = Buffer.alloc(22);
  directory.set([0, 0, 1, 0, 1, 0, side, side, 0, 0, 1, 0, 32, 0]);
  directory.writeUInt32LE(frame.length, 14);
  directory.writeUInt32LE(directory.length, 18);
  return Buffer.concat([directory, frame]);
}
