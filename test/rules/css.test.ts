import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { CssRefusal, maxCssBytes, sanitiseCss } from '../../src/modules/branding/custom-css.rules.js';

/** The problems found; none where the style sheet is taken. */
function problems(css: string): readonly string[] {
  try {
    sanitiseCss(css);
    return [];
  } catch (error) {
    if (error instanceof CssRefusal) return error.problems;
    throw error;
  }
}

describe('custom CSS is written anew under .tenant-brand', () => {
  it.each([
    ['a class', '.card { color: #1976D2; }', '.tenant-brand .card{color:#1976D2}'],
    ['an element', 'h1{margin:0 auto}', '.tenant-brand h1{margin:0 auto}'],
    ['each of a list', '.a, .b > p + a ~ i{color:red}', '.tenant-brand .a,.tenant-brand .b>p+a~i{color:red}'],
    ['the scope itself', '.tenant-brand{color:red}', '.tenant-brand{color:red}'],
    ['what is scoped already', '.tenant-brand.dark > p{color:red}', '.tenant-brand.dark>p{color:red}'],
    ['what stands beside the scope', '.tenant-brand + p{color:red}', '.tenant-brand .tenant-brand+p{color:red}'],
    [
      'what stands beside it, further on',
      '.tenant-brand ~ p b{color:red}',
      '.tenant-brand .tenant-brand~p b{color:red}',
    ],
    ['a class that begins like it', '.tenant-brandy{color:red}', '.tenant-brand .tenant-brandy{color:red}'],
    [
      'media queries',
      '@media screen and (min-width: 600px), (width >= 40em) { p { color: red } }',
      '@media screen and (min-width:600px),(width>=40em){.tenant-brand p{color:red}}',
    ],
    [
      'functions',
      'p{color:rgba(1,2,3,.5);background:HSL(1 2% 3%);padding:calc((1px + 2em)*3) max(1px,var(--gap, 4px))}',
      '.tenant-brand p{color:rgb(1,2,3,.5);background:hsl(1 2% 3%);padding:calc((1px + 2em)*3) max(1px,var(--gap,4px))}',
    ],
    ['fonts', "p{font:italic 1.2em/1.5 'Open Sans', serif}", '.tenant-brand p{font:italic 1.2em/1.5"Open Sans",serif}'],
    ['what has no effect', '/* x */a{}@media print{b{/*! x */}}p{;;color:red;;}', '.tenant-brand p{color:red}'],
    ['importance', 'p{color:red!important}', '.tenant-brand p{color:red!important}'],
    ['nothing', ' \n\t', ''],
  ])('%s', (_, css, written) => {
    expect(sanitiseCss(css)).toBe(written);
    expect(sanitiseCss(written)).toBe(written);
  });
});

describe('custom CSS is refused, with the line', () => {
  it.each([
    '@import "https://evil.example/x.css";',
    '@import url(https://evil.example/x.css);',
    '@font-face{font-family:x;src:url(https://evil.example/x.woff)}',
    '@charset "utf-8";',
    '@supports (color: red){p{color:red}}',
    '@layer a{p{color:red}}',
    '@media print;',
    '@media print{@media screen{p{color:red}}}',
    '@media print{color:red}',
    '@media (min-width:url(x)){p{color:red}}',
    'p{background:url(https://evil.example/x.png)}',
    "p{background:url('//evil.example')}",
    'p{background:image-set("https://evil.example/x.png" 1x)}',
    'p{background:-webkit-cross-fade(a,b)}',
    'p{color:var(--x, url(https://evil.example))}',
    'p{width:expression(alert(1))}',
    'p{color:expression(alert(1))}',
    'p{color:attr(data-x)}',
    'p{color:env(x)}',
    'p{position:fixed}',
    'p{behavior:url(x.htc)}',
    'p{-moz-binding:url(x)}',
    'p{content:"x"}',
    'p{--x:red}',
    'p{*color:red}',
    'p{color:red!ie}',
    'p{color:[red]}',
    'p{color:{red}}',
    'p{color:#xyz}',
    'p{font-family:"a;b"}',
    'p{font-family:пример}',
    'p{color}',
    'p{color:red}}',
    '}',
    'p',
    '*{color:red}',
    '#a{color:red}',
    'a:hover{color:red}',
    'a::before{color:red}',
    ':root{color:red}',
    ':has(p){color:red}',
    ':not(.tenant-brand) p{color:red}',
    'input[value^=a]{color:red}',
    'svg|a{color:red}',
    '+ p{color:red}',
    '~ p{color:red}',
    '> p{color:red}',
    'p >{color:red}',
    'p,{color:red}',
    'p || b{color:red}',
    'p{color:red;b{color:red}}',
    'p{color:red;& b{color:red}}',
    '50%{color:red}',
    'p{}-->',
  ])('%s', (css) => {
    expect(problems(`\n\n${css}`)).toEqual(expect.arrayContaining([expect.stringMatching(/^Line 3: /)]));
  });

  it.each([
    'p{color:\\72 ed}',
    '</style><script>',
    'p{/* < */color:red}',
    'p{color:red\0}',
    'p{color:\u0085red}',
    '.\ud800{}',
  ])('whatever it says: %j', (css) => {
    expect(problems(css)).toHaveLength(1);
  });

  it('beyond 16 KiB, as sent and as it would be stored', () => {
    const filled = `p{color:red}${' '.repeat(maxCssBytes - 12)}`;
    expect(problems(filled)).toEqual([]);
    expect(problems(`${filled} `)).toHaveLength(1);
    expect(problems(`/*${'é'.repeat(maxCssBytes / 2)}*/`)).toHaveLength(1);
    expect(problems('b{color:red}'.repeat(1_000))).toHaveLength(1);
  });

  it.each(['(', '{', 'calc(', '(")"', '(/*)*/', '(]', 'var(--x,")"', ':is('])(
    'where %s goes deep enough to exhaust a parser',
    (open) => {
      expect(problems(`p{color:${open.repeat(1_000)}`)).toEqual([expect.stringContaining('brackets')]);
    },
  );

  it('with every problem at once, up to a readable number', () => {
    const css = '@import "x";\np{color:red;position:fixed}\n#a{color:url(x)}';
    expect(problems(css).map((problem) => problem.slice(0, 7))).toEqual(['Line 1:', 'Line 2:', 'Line 3:', 'Line 3:']);
    expect(problems(Array.from({ length: 500 }, (_, line) => `#a${line}{color:red}`).join('\n'))).toHaveLength(20);
  });
});

describe('for whatever style sheet', () => {
  const some = (...texts: string[]) => fc.constantFrom(...texts);
  const list = (one: fc.Arbitrary<string>, separator: string, maxLength = 3) =>
    fc.array(one, { minLength: 1, maxLength }).map((parts) => parts.join(separator));
  const odd = fc.string({ maxLength: 6 });
  const compound = fc.oneof(
    { weight: 9, arbitrary: some('p', '.a', '.tenant-brand', 'html.b', '.tenant-brand.c', '.-a', '.--b') },
    { weight: 1, arbitrary: fc.oneof(some('#a', '*', ':root', '&', '[a]', 'a:hover'), odd) },
  );
  const selector = fc
    .array(fc.tuple(compound, some(' ', '>', '+', '~', ' > ')), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.map(([part, combinator], index) => (index === 0 ? part : combinator + part)).join(''));
  const term = fc.oneof(
    {
      weight: 9,
      arbitrary: some(
        'red',
        '1px',
        '-2.5em',
        '50%',
        '#fff',
        '"A b"',
        "'c'",
        'rgba(1,2,3,.4)',
        'var(--x,red)',
        'calc(1px + (2em - 3px)*2)',
        '-1',
        '+1',
        '1e3',
        '--x',
        'U+26',
      ),
    },
    {
      weight: 1,
      arbitrary: fc.oneof(some('url(x)', 'url("x")', 'attr(x)', '@import', 'src("x")', '/**/', '!important'), odd),
    },
  );
  const declaration = fc
    .tuple(
      some('color', 'margin', 'FONT', 'border-top', 'padding-left', 'background', 'box-shadow', 'position', '--y'),
      list(term, ' '),
    )
    .map(([property, value]) => `${property}:${value}`);
  const rule = fc
    .tuple(list(selector, ',', 2), list(declaration, ';'))
    .map(([selectors, declarations]) => `${selectors}{${declarations}}`);
  const block = fc.oneof(
    { weight: 6, arbitrary: rule },
    { weight: 2, arbitrary: rule.map((inner) => `@media (min-width:1px){${inner}}`) },
    { weight: 1, arbitrary: fc.oneof(some('@import "x";', '@media x{', '}', '/* c */', '<!--', ';'), odd) },
  );

  it('what is written holds nothing forbidden, is scoped, and is written again as it is', () => {
    let taken = 0;
    fc.assert(
      fc.property(list(block, '\n', 4), (css) => {
        if (problems(css).length > 0) return;
        const written = sanitiseCss(css);
        taken += written === '' ? 0 : 1;
        expect(sanitiseCss(written)).toBe(written);
        expect(written).not.toMatch(
          /[\\<]|\/\*|@(?!media )|(url|src|attr|expression)\s*\(|position|--y:|[^\x20-\x7e]/i,
        );
        for (const [, selectors = ''] of written.replace(/@media [^{]*\{/g, '').matchAll(/([^{}]+)\{/g)) {
          for (const one of selectors.split(',')) expect(one).toMatch(/^\.tenant-brand(?=[ >.]|$)/);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
