import { describe, expect, it } from 'vitest';

import { ImageRefusal } from '../../src/modules/branding/image.rules.js';
import { rebuildSvg } from '../../src/modules/branding/svg.rules.js';

const svg = (content: string, attributes = ''): string =>
  `<svg xmlns="http://www.w3.org/2000/svg"${attributes}>${content}</svg>`;

describe('what would keep the service busy', () => {
  it.each([
    ['a width of a million digits', svg('<path/>', ` width="${'1'.repeat(1_000_000)}${'x'.repeat(1_000_000)}"`)],
    ['a height in per cent', svg('<path/>', ` height="${'1'.repeat(1_000_000)}"`)],
    ['a viewBox', svg('<path/>', ` viewBox="0 0 1 ${'1'.repeat(1_000_000)}x"`)],
    ['a length inside', svg(`<rect width="${'1'.repeat(1_000_000)}x" x="${'1'.repeat(900_000)}x"/>`)],
  ])('is read at once: %s', (_what, text) => {
    const started = performance.now();
    expect(rebuildSvg(text)).toMatchObject({ width: null, height: null });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('is refused: an element with thousands of attributes', () => {
    const attributes = Array.from({ length: 1_000 }, (_, index) => ` a${index}=""`).join('');
    expect(() => rebuildSvg(svg(`<path${attributes}/>`))).toThrow(ImageRefusal);
  });
});
