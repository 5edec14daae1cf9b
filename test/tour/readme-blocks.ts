/** A command of the README that can be pasted, and the answer that it shows. */
export interface ShellBlock {
  readonly command: string;
  /** What the following block shows, one JSON document a line of output; undefined where nothing is shown. */
  readonly answer: string | undefined;
}

interface Fence {
  readonly language: string;
  readonly text: string;
}

function fences(readme: string): Fence[] {
  return [...readme.matchAll(/^```(\S*)\n([^]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
}

/** The `sh` blocks in their order, each with the `json` block that follows it. */
export function shellBlocks(readme: string): ShellBlock[] {
  const all = fences(readme);
  return all.flatMap(({ language, text }, index) => {
    if (language !== 'sh') return [];
    const next = all[index + 1];
    return [{ command: text, answer: next?.language === 'json' ? next.text : undefined }];
  });
}

/** All blocks of one language. */
export function blocksIn(readme: string, language: string): string[] {
  return fences(readme)
    .filter((fence) => fence.language === language)
    .map(({ text }) => text);
}

/** The README with other answers in the `json` blocks that follow its `sh` blocks. */
export function withAnswers(readme: string, answers: readonly string[]): string {
  let count = 0;
  return readme.replace(
    /(^```sh\n[^]*?^```\n)(?:(\n```json\n)[^]*?(^```$))?/gm,
    (all, command: string, open?: string, close?: string) => {
      const answer = answers[count++];
      return open === undefined || close === undefined || answer === undefined
        ? all
        : `${command}${open}${answer}\n${close}`;
    },
  );
}
