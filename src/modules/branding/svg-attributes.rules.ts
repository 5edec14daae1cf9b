/** Which attributes an SVG may keep, and in which form. Nothing that is kept can load, run or call anything. */

const presentation = new Set(
  `clip-path clip-rule color color-interpolation display fill fill-opacity fill-rule opacity overflow paint-order
  shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
  stroke-miterlimit stroke-opacity stroke-width transform vector-effect visibility`.split(/\s+/),
);

const geometry = new Set(
  `clipPathUnits cx cy d fr fx fy gradientTransform gradientUnits height offset pathLength points preserveAspectRatio r
  rx ry spreadMethod viewBox width x x1 x2 y y1 y2`.split(/\s+/),
);

const functions = new Set('hsl hsla matrix rgb rgba rotate scale skewx skewy translate'.split(' '));

/** Numbers that say how large a picture is; whoever needs more characters wants something else. */
const sizes = new Set(['width', 'height', 'viewBox']);
const maxSizeLength = 100;

const identifier = /^[A-Za-z_][\w:.-]*$/;
const localHref = /^#[A-Za-z_][\w:.-]*$/;
const localUrl = /url\( ?(["']?)(#[A-Za-z_][\w:.-]*)\1 ?\)/g;
const plain = /^[\w .,#%()/+-]*$/;
/** The look-behind keeps the search linear: without it each letter of a long word starts a new attempt. */
const calls = /(?<![\w-])([\w-]+) ?\(/g;

export interface SourceAttribute {
  readonly local: string;
  readonly uri: string;
  readonly value: string;
}

/**
 * The attributes to write for an element, by name: its presentation attributes, those of its `style` (which win, as they
 * do in CSS), its geometry, and references inside the same document.
 */
export function allowedAttributes(element: string, source: Iterable<SourceAttribute>): Map<string, string> {
  const kept = new Map<string, string>();
  let style = '';
  for (const { local, uri, value } of source) {
    const clean = allowedValue(element, local, uri, value.replace(/\s+/g, ' ').trim());
    if (clean !== undefined) kept.set(clean.name, clean.value);
    if (local === 'style' && uri === '') style = value.replace(/\s+/g, ' ');
  }
  for (const declaration of style.split(';')) {
    const colon = declaration.indexOf(':');
    const name = declaration.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = declaration.slice(colon + 1).replace(/ ?! ?important *$/i, '');
    const clean = presentation.has(name) ? referencesMadeLocal(value.trim()) : undefined;
    if (clean !== undefined) kept.set(name, clean);
  }
  return kept;
}

const xlink = 'http://www.w3.org/1999/xlink';

function allowedValue(element: string, name: string, uri: string, value: string) {
  // Drawing programs keep a gradient's stops in another gradient of the same document.
  const isHref = name === 'href' && (uri === '' || uri === xlink) && element.endsWith('Gradient');
  if (isHref) return localHref.test(value) ? { name: 'href', value } : undefined;
  if (uri !== '') return undefined;
  if (name === 'id') return identifier.test(value) ? { name, value } : undefined;
  if (!presentation.has(name) && !geometry.has(name)) return undefined;
  if (sizes.has(name) && value.length > maxSizeLength) return undefined;
  const clean = referencesMadeLocal(value);
  return clean === undefined ? undefined : { name, value: clean };
}

/** The value with its `url(#id)` in one spelling; undefined where it holds any other reference, function or character. */
function referencesMadeLocal(value: string): string | undefined {
  const rest = value.replace(localUrl, ' ');
  if (value === '' || !plain.test(rest)) return undefined;
  for (const [, name = ''] of rest.matchAll(calls)) {
    if (!functions.has(name.toLowerCase())) return undefined;
  }
  return value.replace(localUrl, 'url($2)');
}

const lengthUnits: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 4 / 3,
  pc: 16,
  mm: 96 / 25.4,
  cm: 96 / 2.54,
  in: 96,
};

/** A stated width or height in pixels of CSS, rounded up; undefined for percentages and whatever else is no length. */
export function lengthInPixels(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^\+?((?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)([a-z]*)$/i.exec(text ?? '') ?? [];
  const pixels = Number(number) * (lengthUnits[unit.toLowerCase()] ?? NaN);
  return Number.isNaN(pixels) ? undefined : Math.ceil(pixels);
}
