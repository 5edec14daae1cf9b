import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../../README.md');

export function readReadme(): string {
  return readFileSync(file, 'utf8');
}

/** What stands between the two marks of a generated block, without the marks' own lines. */
export function blockOf(readme: string, name: string): string {
  const { start, end } = marksIn(readme, name);
  return readme.slice(start, end);
}

/** The README with another text between the two marks. */
export function withBlock(readme: string, name: string, text: string): string {
  const { start, end } = marksIn(readme, name);
  return `${readme.slice(0, start)}${text.trimEnd()}\n${readme.slice(end)}`;
}

export function writeReadme(readme: string): void {
  writeFileSync(file, readme);
}

function marksIn(readme: string, name: string): { start: number; end: number } {
  const [open, close] = [`<!-- generated: ${name} -->\n`, `<!-- /generated: ${name} -->`];
  const [at, end] = [readme.indexOf(open), readme.indexOf(close)];
  if (at === -1 || end < at) throw new Error(`README.md lacks the marks of the generated block "${name}".`);
  return { start: at + open.length, end };
}
