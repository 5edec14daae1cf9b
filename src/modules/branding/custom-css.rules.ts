import { generate, List, parse, tokenize, tokenTypes, walk, type CssNode, type ListItem, type Rule } from 'css-tree';

import { hasForbiddenCharacter } from '../../validation/text.rules.js';
import { complaintAbout } from './css-allowed.rules.js';

export const cssScope = 'tenant-brand';
/** Of the text as sent, and of the text as stored, in bytes of UTF-8. */
export const maxCssBytes = 16_384;
/** Deeper brackets than any style sheet has; a parser would go down with them. */
const maxBrackets = 32;
/** So many are told at once. */
const maxProblems = 20;

/** A style sheet that is not taken. Each problem is a sentence for a person, with its line. */
export class CssRefusal extends Error {
  override readonly name = 'CssRefusal';

  constructor(readonly problems: readonly string[]) {
    super(problems.join(' '));
  }
}

/**
 * Reads a style sheet as a syntax tree, refuses what is not on the allow-list, and writes it anew with every selector
 * under `.tenant-brand`. Comments and empty rules are left out. Its own output comes back unchanged.
 * @throws CssRefusal with the problems found
 */
export function sanitiseCss(text: string): string {
  checkText(text);
  const sheet = parseStrictly(text);
  const problems = new Set<string>();
  walk(sheet, function (node: CssNode) {
    const complaint = complaintAbout(node);
    if (complaint === undefined) return;
    problems.add(`Line ${node.loc?.start.line ?? 1}: ${complaint}.`);
    return this.skip;
  });
  if (problems.size > 0) throw new CssRefusal([...problems].slice(0, maxProblems));

  rewrite(sheet);
  const css = generate(sheet);
  if (css.length > maxCssBytes) throw new CssRefusal([`Must be at most ${maxCssBytes} bytes, scoped.`]);
  return css;
}

function checkText(text: string): void {
  const problems: string[] = [];
  if (Buffer.byteLength(text) > maxCssBytes) problems.push(`Must be at most ${maxCssBytes} bytes.`);
  if (hasForbiddenCharacter(text, true)) problems.push('Must not hold control characters.');
  if (/[\\<]/.test(text)) problems.push('Must not hold \\ or <.');
  if (bracketDepth(text) > maxBrackets) problems.push(`Must not nest brackets deeper than ${maxBrackets}.`);
  if (problems.length > 0) throw new CssRefusal(problems);
}

const closingOf = new Map([
  [tokenTypes.Function, tokenTypes.RightParenthesis],
  [tokenTypes.LeftParenthesis, tokenTypes.RightParenthesis],
  [tokenTypes.LeftSquareBracket, tokenTypes.RightSquareBracket],
  [tokenTypes.LeftCurlyBracket, tokenTypes.RightCurlyBracket],
]);

/** How deep brackets stand in each other: as the parser finds them, strings and comments aside. */
function bracketDepth(text: string): number {
  const open: number[] = [];
  let deepest = 0;
  tokenize(text, (type) => {
    const closing = closingOf.get(type);
    if (closing !== undefined) deepest = Math.max(deepest, open.push(closing));
    else if (type === open.at(-1)) open.pop();
  });
  return deepest;
}

function parseStrictly(text: string): CssNode {
  const problems: string[] = [];
  const sheet = parse(text, {
    positions: true,
    parseCustomProperty: true, // the fallback of var() too
    onParseError: ({ message, line }) => problems.push(`Line ${line}: ${message}.`),
  });
  if (problems.length > 0) throw new CssRefusal(problems.slice(0, maxProblems));
  return sheet;
}

function rewrite(sheet: CssNode): void {
  walk(sheet, {
    enter(node: CssNode, item: ListItem<CssNode>, list: List<CssNode>) {
      if (node.type === 'Raw' || node.type === 'Comment') list.remove(item); // stray semicolons
      if (node.type === 'Rule') scope(node);
      // An old spelling of the same function.
      if (node.type === 'Function') node.name = node.name.toLowerCase().replace(/^(rgb|hsl)a$/, '$1');
    },
    leave(node: CssNode, item: ListItem<CssNode>, list: List<CssNode>) {
      const isEmpty = (node.type === 'Rule' || node.type === 'Atrule') && node.block?.children.isEmpty === true;
      if (isEmpty) list.remove(item);
    },
  });
}

/** Puts each selector of a rule under the scope, unless it begins with it. */
function scope(rule: Rule): void {
  if (rule.prelude.type !== 'SelectorList') return;
  for (const selector of rule.prelude.children) {
    if (selector.type !== 'Selector' || isScoped(selector.children.toArray())) continue;
    selector.children.prependList(
      new List<CssNode>().fromArray([
        { type: 'ClassSelector', name: cssScope },
        { type: 'Combinator', name: ' ' },
      ]),
    );
  }
}

/** Begins with the scope, and does not go on to what stands beside it. */
function isScoped(parts: readonly CssNode[]): boolean {
  const [first] = parts;
  const combinator = parts.find((part) => part.type === 'Combinator');
  const isBeside = combinator?.name === '+' || combinator?.name === '~';
  return first?.type === 'ClassSelector' && first.name === cssScope && !isBeside;
}
