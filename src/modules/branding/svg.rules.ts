import { SaxesParser, type SaxesTagNS } from 'saxes';

import { checkSides, ImageRefusal, imageLimits } from './image.rules.js';
import { allowedAttributes, lengthInPixels } from './svg-attributes.rules.js';

const svgNamespace = 'http://www.w3.org/2000/svg';
const maxNodes = 5_000;
/** Drawing programs stay far below; each level makes resolving a namespace dearer. */
const maxDepth = 100;
/** Of one element; there are some fifty that mean anything. */
const maxAttributes = 200;

const shapes = new Set('path rect circle ellipse line polyline polygon'.split(' '));
const allowed = new Set([...shapes, ...'svg g defs linearGradient radialGradient stop clipPath title'.split(' ')]);
/** What draws: where some of it is left out, or stood in something that was, a picture may be empty. */
const drawing = new Set([...shapes, ...'image text use foreignObject'.split(' ')]);

export interface RebuiltSvg {
  readonly svg: string;
  /** In pixels: as stated, else as the viewBox has them; null where neither tells. */
  readonly width: number | null;
  readonly height: number | null;
}

/**
 * Reads an SVG as XML and writes a new one from the allow-list; whatever is not on it is left out with its content.
 * The result is a fixed point: rebuilt again it is the same.
 * @throws ImageRefusal for broken XML, another root element, own entities, too many elements or a side over the limit
 */
export function rebuildSvg(text: string): RebuiltSvg {
  const writer = new SvgWriter();
  // Version 1.1 would let control characters in.
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[')) refuse('Must not declare entities of its own.');
  });
  let attributes = 0;
  parser.on('opentagstart', () => (attributes = 0));
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > maxAttributes) refuse(`Must have at most ${maxAttributes} attributes an element.`);
  });
  parser.on('opentag', (tag) => writer.open(tag));
  parser.on('closetag', (tag) => writer.close(tag));
  parser.on('text', (content) => writer.text(content));
  parser.on('cdata', (content) => writer.text(content));
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof ImageRefusal) throw error;
    refuse(`Must be well-formed XML; it is not at line ${parser.line}.`);
  }
  return writer.finish();
}

function refuse(message: string): never {
  throw new ImageRefusal('FILE_TYPE_NOT_ALLOWED', message);
}

class SvgWriter {
  readonly #out: string[] = [];
  /** Allowed elements that are open. */
  readonly #path: string[] = [];
  /** How many elements are open from the outermost one that is left out. */
  #droppedDepth = 0;
  #nodes = 0;
  #hasShape = false;
  #lostDrawing = false;
  #size: Pick<RebuiltSvg, 'width' | 'height'> = { width: null, height: null };

  open(tag: SaxesTagNS): void {
    this.#nodes += 1;
    if (this.#nodes > maxNodes) throw new ImageRefusal('FILE_TOO_LARGE', `Must have at most ${maxNodes} elements.`);
    if (this.#path.length + this.#droppedDepth >= maxDepth) refuse(`Must nest at most ${maxDepth} elements.`);
    const isRoot = this.#nodes === 1;
    // Without a namespace too: whoever copies an inline SVG out of a page has none.
    const isSvg = tag.uri === svgNamespace || tag.uri === '';
    if (isRoot && !(isSvg && tag.local === 'svg')) refuse('Must be an SVG document.');

    if (this.#droppedDepth > 0 || !isSvg || !allowed.has(tag.local) || this.#path.at(-1) === 'title') {
      this.#droppedDepth += 1;
      this.#lostDrawing ||= drawing.has(tag.local);
      return;
    }
    this.#hasShape ||= shapes.has(tag.local);
    this.#write(tag, isRoot);
    this.#path.push(tag.local);
  }

  #write(tag: SaxesTagNS, isRoot: boolean): void {
    const attributes = allowedAttributes(tag.local, Object.values(tag.attributes));
    // Clipping inside clipping multiplies: a few lines would keep a browser busy for minutes.
    if (tag.local === 'clipPath' || this.#path.includes('clipPath')) attributes.delete('clip-path');
    if (isRoot) this.#size = sizeOf(attributes);
    const written = [...attributes].map(([name, value]) => ` ${name}="${value}"`).join('');
    const namespace = isRoot ? ` xmlns="${svgNamespace}"` : '';
    this.#out.push(`<${tag.local}${namespace}${written}${tag.isSelfClosing ? '/' : ''}>`);
  }

  close(tag: SaxesTagNS): void {
    if (this.#droppedDepth > 0) {
      this.#droppedDepth -= 1;
      return;
    }
    this.#path.pop();
    if (!tag.isSelfClosing) this.#out.push(`</${tag.local}>`);
  }

  text(content: string): void {
    if (this.#droppedDepth > 0 || this.#path.at(-1) !== 'title') return;
    this.#out.push(content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  }

  finish(): RebuiltSvg {
    if (this.#lostDrawing && !this.#hasShape) {
      refuse('Must hold shapes: text, embedded pictures, links and references to other elements are not taken.');
    }
    return { svg: this.#out.join(''), ...this.#size };
  }
}

/** Leaves out a root's width and height that are no lengths, and a viewBox that is none; tells the size. */
function sizeOf(attributes: Map<string, string>): Pick<RebuiltSvg, 'width' | 'height'> {
  for (const side of ['width', 'height']) {
    const stated = attributes.get(side) ?? '';
    if (lengthInPixels(stated) === undefined && !/^(\d+(\.\d*)?|\.\d+)%$/.test(stated)) attributes.delete(side);
  }
  const width = lengthInPixels(attributes.get('width'));
  const height = lengthInPixels(attributes.get('height'));
  checkSides(width ?? 0, height ?? 0);
  const box = /^[+-]?[\d.]+[ ,]+[+-]?[\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)$/.exec(attributes.get('viewBox') ?? '');
  const [boxWidth, boxHeight] = [lengthInPixels(box?.[1]), lengthInPixels(box?.[2])];
  if (width === undefined && height === undefined) {
    // A viewBox counts in units of its own, which are pixels only where they are few enough to be some.
    const isPixels = Math.max(boxWidth ?? Infinity, boxHeight ?? Infinity) <= imageLimits.sidePixels;
    return isPixels ? { width: boxWidth ?? null, height: boxHeight ?? null } : { width: null, height: null };
  }
  // Where one side alone is stated, the viewBox's proportions give the other.
  const ratio = box ? Number(box[1]) / Number(box[2]) : 0;
  const sides = {
    width: width ?? proportional(height, ratio),
    height: height ?? proportional(width, 1 / ratio),
  };
  checkSides(sides.width ?? 0, sides.height ?? 0);
  return sides;
}

function proportional(side: number | undefined, ratio: number): number | null {
  const other = (side ?? 0) * ratio;
  return other > 0 && Number.isFinite(other) ? Math.ceil(other) : null;
}
