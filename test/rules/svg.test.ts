import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ImageRefusal } from '../../src/modules/branding/image.rules.js';
import { rebuildSvg } from '../../src/modules/branding/svg.rules.js';

const svg = (content: string, attributes = ''): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"${attributes}>${content}</svg>`;

const rebuilt = (content: string, attributes = ''): string => rebuildSvg(svg(content, attributes)).svg;

/** The code of the refusal; undefined where the picture is taken. */
function refusal(text: string): string | undefined {
  try {
    rebuildSvg(text);
    return undefined;
  } catch (error) {
    if (error instanceof ImageRefusal) return error.code;
    throw error;
  }
}

describe('what an SVG keeps', () => {
  it('shapes, groups, gradients, clip paths and the title, as they were', () => {
    const logo =
      '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="80" viewBox="0 0 200 80">' +
      '<title>Digital Bank &amp; Söhne</title>' +
      '<defs><linearGradient id="paint0_linear_1:2" gradientUnits="userSpaceOnUse" x1="0" x2="200">' +
      '<stop offset="0%" stop-color="#1976D2"/><stop offset="1" stop-color="rgb(0 188 212 / 50%)"/></linearGradient>' +
      '<clipPath id="c"><circle cx="40" cy="40" r="40"/></clipPath></defs>' +
      '<g transform="translate(4, 5) rotate(-45)" clip-path="url(#c)">' +
      '<path d="M0 0L10-5.5e-3h3z" fill="url(#paint0_linear_1:2)"/><polygon points="0,0 1,1 2,0"/></g></svg>';
    expect(rebuildSvg(logo)).toEqual({ svg: logo, width: 200, height: 80 });
  });

  it('declarations of a style attribute, as the presentation attributes that they stand for', () => {
    expect(
      rebuilt('<path fill="blue" style="FILL: #f00 !important; stroke:url( \'#a\' );width:9999px;filter:url(#f)"/>'),
    ).toContain('<path fill="#f00" stroke="url(#a)"/>');
  });

  it('stops that a gradient takes from another one of the same document, and from nowhere else', () => {
    expect(rebuilt('<linearGradient id="a" xlink:href="#b"/>')).toContain('<linearGradient id="a" href="#b"/>');
    expect(rebuilt('<linearGradient id="a" xlink:href="https://evil.example/x.svg#b"/>')).toContain(
      '<linearGradient id="a"/>',
    );
    expect(rebuilt('<path href="#b" xlink:href="#b"/>')).toContain('<path/>');
  });

  it('a document type that declares nothing is left out', () => {
    const text = `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">${svg('<path/>')}`;
    expect(rebuildSvg(text).svg).toBe('<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>');
  });

  it('the namespace is added where a page had none', () => {
    expect(rebuildSvg('<svg><path/></svg>').svg).toBe('<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>');
  });
});

describe('what an SVG loses', () => {
  it.each([
    ['script', '<script>alert(1)</script>'],
    ['script of another prefix', '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>'],
    ['style with an import', '<style>@import url(https://evil.example/x.css);</style>'],
    [
      'foreignObject',
      '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject>',
    ],
    ['image', '<image href="https://evil.example/x.png"/>'],
    ['use', '<use xlink:href="https://evil.example/x.svg#a"/>'],
    ['link', '<a href="javascript:alert(1)"><path d="M1 1"/></a>'],
    ['text', '<text>evil</text>'],
    ['filter', '<filter id="f"><feGaussianBlur stdDeviation="9999"/></filter>'],
    ['animation', '<animate attributeName="href" to="javascript:alert(1)"/><set attributeName="onload" to="x"/>'],
    ['pattern, mask, marker, symbol', '<pattern/><mask/><marker/><symbol/>'],
    ['XHTML', '<h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="https://evil.example"/>'],
    ['comment, CDATA, processing instruction', '<!-- x --><![CDATA[<script/>]]><?xml-stylesheet href="x.css"?>'],
  ])('%s', (_, content) => {
    expect(rebuilt(`<path/>${content}<rect/>`)).toBe('<svg xmlns="http://www.w3.org/2000/svg"><path/><rect/></svg>');
  });

  it.each([
    'onload="alert(1)"',
    'onclick="alert(1)"',
    'class="a"',
    'fill="url(https://evil.example/x#a)"',
    'fill="url(\'//evil.example\')"',
    'fill="u\\72l(https://evil.example)"',
    'fill="url(data:image/svg+xml,x)"',
    'fill="image-set(x)"',
    'fill="expression(alert(1))"',
    'fill="javascript:alert(1)"',
    'fill="var(--x)"',
    'filter="url(#f)"',
    'mask="url(#m)"',
    'id="1 onload"',
    'xml:base="https://evil.example/"',
    'style="background:url(https://evil.example)"',
    'style="fill:url(https://evil.example)"',
  ])('the attribute %s', (attribute) => {
    expect(rebuilt(`<path ${attribute}/>`)).toBe('<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>');
  });

  it.each([
    ...['<a><path/></a>', '<symbol><rect/></symbol>', '<mask><g><circle/></g></mask>', '<text>Bank</text>'],
    '<use href="#a"/><defs><x/></defs>',
  ])('is refused where nothing is left to be seen: %s', (content) => {
    expect(refusal(svg(content))).toBe('FILE_TYPE_NOT_ALLOWED');
  });

  it('clipping inside clipping, whose cost would multiply', () => {
    expect(rebuilt('<clipPath id="a" clip-path="url(#b)"><path clip-path="url(#b)"/></clipPath>')).not.toContain('url');
  });

  it('markup in a title stays text', () => {
    const { svg: once } = rebuildSvg(svg('<title>&lt;script&gt;<![CDATA[</title>]]><path/></title><path/>'));
    expect(once).toContain('<title>&lt;script&gt;&lt;/title&gt;</title>');
  });
});

describe('an SVG is refused', () => {
  it.each([
    ['where it is cut', svg('<path/>').slice(0, -9)],
    ['where an entity is not declared', svg('<path d="&x;"/>')],
    [
      'where it declares entities',
      `<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${svg('<title>&b;</title>')}`,
    ],
    [
      'where it would read a file',
      `<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>${svg('<title>&a;</title>')}`,
    ],
    ['where the root is another', '<html xmlns="http://www.w3.org/1999/xhtml"><svg/></html>'],
    ['where the root is of another namespace', '<svg xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['where it smuggles control characters by XML 1.1', `<?xml version="1.1"?>${svg('<title>&#1;</title>')}`],
    ['where nothing would be left to see', svg('<image href="data:image/png;base64,AAAA"/>')],
    ['where it is no XML', '<<<'],
  ])('%s', (_, text) => {
    expect(refusal(text)).toBe('FILE_TYPE_NOT_ALLOWED');
  });

  it('beyond 5,000 elements, dropped ones included', () => {
    expect(refusal(svg('<path/>'.repeat(4_999)))).toBeUndefined();
    expect(refusal(svg('<path/>'.repeat(5_000)))).toBe('FILE_TOO_LARGE');
    expect(refusal(svg(`<script>${'<x/>'.repeat(5_000)}</script>`))).toBe('FILE_TOO_LARGE');
  });

  it('beyond 100 levels, dropped ones included', () => {
    const nested = (depth: number) => svg('<g>'.repeat(depth) + '</g>'.repeat(depth));
    expect(refusal(nested(99))).toBeUndefined();
    expect(refusal(nested(100))).toBe('FILE_TYPE_NOT_ALLOWED');
    expect(refusal(nested(2_000).replaceAll('g>', 'script>'))).toBe('FILE_TYPE_NOT_ALLOWED');
  });

  it('beyond 4096 pixels a side, in whatever unit', () => {
    expect(refusal(svg('', ' width="4096" height="4096"'))).toBeUndefined();
    for (const width of ['4097', '1e9', '1E9px', '43in', '110cm', '1100mm', '257pc', '3073pt']) {
      expect(refusal(svg('', ` width="${width}"`)), width).toBe('FILE_TOO_LARGE');
      expect(refusal(svg('', ` height="${width}"`)), width).toBe('FILE_TOO_LARGE');
    }
    expect(refusal(svg('', ' width="100" viewBox="0 0 1 41"'))).toBe('FILE_TOO_LARGE');
  });
});

describe('the size of an SVG', () => {
  it.each([
    [' width="10" height="20" viewBox="0 0 1 2"', 10, 20],
    [' width="1in" height="9.2px"', 96, 10],
    [' width="100%" height="50%" viewBox="0 0 24 12.5"', 24, 13],
    [' viewBox="-1,-1,30,40"', 30, 40],
    [' viewBox="0 0 10000 5000"', null, null],
    [' width="10"', 10, null],
    [' height="9.2px"', null, 10],
    [' width="100" viewBox="0 0 20 10"', 100, 50],
    [' height="30" viewBox="0 0 20 10"', 60, 30],
    [' width="100%" height="50" viewBox="0 0 20 10"', 100, 50],
    [' width="100" viewBox="0 0 20000 10000"', 100, 50],
    [' width="100" viewBox="0 0 0 10"', 100, null],
    [' width="100vw" height="calc(1px)"', null, null],
    ['', null, null],
  ])('%s', (attributes, width, height) => {
    expect(rebuildSvg(svg('<path/>', attributes))).toMatchObject({ width, height });
  });
});

describe('for whatever document', () => {
  const name = fc.constantFrom(
    ...'svg g path title defs clipPath linearGradient stop script style use image a text foreignObject x:rect h:p'.split(
      ' ',
    ),
  );
  const value = fc.oneof(
    fc.constantFrom(
      'url(#a)',
      "url('#a') red",
      'url(//e.x)',
      'javascript:x',
      'M0 0h1',
      '1e9',
      '&#10; red',
      '&#x2028;',
      'rgb(1,2,3)',
      'fill:red;stroke:url(#b) !important',
      '&quot;',
      'url(url(#a))',
      'url(#a)(',
      '#a',
    ),
    fc.string({ maxLength: 8 }).map((text) => text.replace(/[<&"]/g, '')),
  );
  const attribute = fc.tuple(
    fc.constantFrom(
      ...'fill d style id href xlink:href onload class clip-path width viewBox transform xml:space'.split(' '),
    ),
    value,
  );
  const attributes = fc
    .uniqueArray(attribute, { maxLength: 3, selector: ([key]) => key })
    .map((pairs) => pairs.map(([key, text]) => ` ${key}="${text}"`).join(''));
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('text', '<!-- c -->', '<![CDATA[<script>]]>', '&lt;script&gt;', '&#0;', '&x;', '<path'),
      fc
        .tuple(name, attributes, fc.array(tie('element'), { maxLength: 3 }))
        .map(([tag, list, children]) => `<${tag}${list}>${children.join('')}</${tag}>`),
    ),
  }));

  it('what is written is on the allow-list and is written again as it is', () => {
    const names = /<\/?(svg|g|path|rect|title|defs|clipPath|linearGradient|stop)[ >/]/y;
    fc.assert(
      fc.property(fc.array(element, { maxLength: 4 }), (content) => {
        const text = svg(
          content.join(''),
          ' xmlns:x="http://www.w3.org/2000/svg" xmlns:h="http://www.w3.org/1999/xhtml"',
        );
        if (refusal(text) !== undefined) return;
        const once = rebuildSvg(text);
        expect(rebuildSvg(once.svg)).toEqual(once);
        expect(once.svg).not.toMatch(/\son\w*=|style=|class=|(?<! id=")javascript:|url\((?!#a\)|#b\))/);
        for (const { index } of once.svg.matchAll(/</g)) {
          names.lastIndex = index;
          expect(names.test(once.svg), once.svg.slice(index)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
