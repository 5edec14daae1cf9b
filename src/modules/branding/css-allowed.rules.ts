import type { Atrule, Block, CssNode, Declaration, Selector } from 'css-tree';

/** What custom CSS may consist of: colours, fonts, borders and spacing of elements and classes, and `@media`. */

const sides = [
  'top',
  'right',
  'bottom',
  'left',
  'block',
  'inline',
  'block-start',
  'block-end',
  'inline-start',
  'inline-end',
];
const corners = [
  'top-left',
  'top-right',
  'bottom-right',
  'bottom-left',
  'start-start',
  'start-end',
  'end-start',
  'end-end',
];

const properties = new Set([
  ...words('color background background-color accent-color caret-color fill stroke opacity'),
  ...words('font font-family font-feature-settings font-kerning font-size font-stretch font-style font-variant'),
  ...words('font-variant-caps font-variant-ligatures font-variant-numeric font-weight line-height letter-spacing'),
  ...words('word-spacing text-align text-decoration text-decoration-color text-decoration-line text-indent'),
  ...words('text-decoration-style text-decoration-thickness text-shadow text-transform text-underline-offset'),
  ...['', ...sides.map((side) => `-${side}`)].flatMap((side) =>
    ['', '-color', '-style', '-width'].map((aspect) => `border${side}${aspect}`),
  ),
  ...['', ...corners.map((corner) => `-${corner}`)].map((corner) => `border${corner}-radius`),
  ...words(
    'border-collapse border-spacing box-shadow outline outline-color outline-offset outline-style outline-width',
  ),
  ...['margin', 'padding'].flatMap((box) => [box, ...sides.map((side) => `${box}-${side}`)]),
  ...words('gap row-gap column-gap'),
]);

const functions = new Set(words('rgb rgba hsl hsla var calc min max clamp'));
const operators = new Set([',', '/', '+', '-', '*']);
const combinators = new Set([' ', '>', '+', '~']);
const selectorParts = new Set<CssNode['type']>(['TypeSelector', 'ClassSelector', 'Combinator']);

/** ASCII alone: no character of what is written can be mistaken for another. */
const word = /^[A-Za-z_-][\w-]*$/;
const text = /^[\w ,.'-]*$/;

function words(list: string): string[] {
  return list.split(' ');
}

/** What is wrong with a node of the syntax tree, as the rest of a sentence; undefined where it may stay. */
export function complaintAbout(node: CssNode): string | undefined {
  switch (node.type) {
    case 'StyleSheet':
    case 'SelectorList':
    case 'Block':
    case 'Value':
    case 'Parentheses':
    case 'AtrulePrelude':
    case 'MediaQueryList':
    case 'Condition':
    case 'FeatureRange':
    case 'Ratio':
    case 'Number':
    case 'Percentage':
    case 'Comment':
      return undefined;
    case 'Rule':
      return holdsOnly(node.block, 'Declaration') ? undefined : 'a rule inside a rule is not allowed';
    case 'Atrule':
      return complaintAboutAtrule(node);
    case 'Selector':
      return complaintAboutSelector(node);
    case 'Declaration':
      return complaintAboutDeclaration(node);
    case 'Function':
      return functions.has(node.name.toLowerCase()) ? undefined : `the function ${node.name}() is not allowed`;
    case 'Raw':
      return node.value.trim() === ';' ? undefined : 'this cannot be understood';
    default:
      return isPlain(node) ? undefined : `${kinds[node.type] ?? 'this'} is not allowed`;
  }
}

/** Names for what is refused as a kind. */
const kinds: Readonly<Record<string, string>> = {
  Brackets: 'a square bracket',
  CDC: '-->',
  Hash: 'a colour other than of hexadecimal digits',
  String: "a string with other characters than letters, digits, blanks and , . - ' _",
  Url: 'url()',
};

/** Leaves of the tree: what a single word, number or sign may be. */
function isPlain(node: CssNode): boolean {
  switch (node.type) {
    case 'Identifier':
    case 'ClassSelector':
    case 'TypeSelector':
    case 'Feature':
      return word.test(node.name);
    case 'MediaQuery':
      return [node.modifier, node.mediaType].every((part) => part === null || word.test(part));
    case 'Combinator':
      return combinators.has(node.name);
    case 'Operator':
      return operators.has(node.value.trim());
    case 'Dimension':
      return /^[a-z]+$/i.test(node.unit);
    case 'Hash':
      return /^[0-9a-f]{3,8}$/i.test(node.value);
    case 'String':
      return text.test(node.value);
    default:
      return false;
  }
}

function holdsOnly(block: Block, type: CssNode['type']): boolean {
  return block.children.toArray().every((node) => node.type === type || node.type === 'Comment' || node.type === 'Raw');
}

function complaintAboutAtrule({ name, prelude, block }: Atrule): string | undefined {
  if (name.toLowerCase() !== 'media') return `@${name} is not allowed`;
  return prelude !== null && block !== null && holdsOnly(block, 'Rule') ? undefined : '@media must hold rules alone';
}

function complaintAboutSelector({ children }: Selector): string | undefined {
  if (!children.toArray().every(({ type }) => selectorParts.has(type))) {
    return 'a selector must be made of elements and classes alone';
  }
  const isOpen = children.first?.type === 'Combinator' || children.last?.type === 'Combinator';
  return isOpen ? 'a selector must begin and end with an element or a class' : undefined;
}

function complaintAboutDeclaration({ property, important }: Declaration): string | undefined {
  if (!properties.has(property.toLowerCase())) return `the property ${property} is not allowed`;
  return typeof important === 'boolean' ? undefined : `!${important} is not allowed`;
}
