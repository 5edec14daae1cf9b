/** ESLint rule: `eslint-disable…` must name its rules and say why, after `--`. */
export const describedSuppressions = {
  meta: { type: 'problem', messages: { reason: 'Name the rules, and say why after " -- ".' }, schema: [] },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const text = comment.value.trim();
          if (/^eslint-disable/u.test(text) && !/^eslint-disable(-next-line|-line)?\s+\S.*\s--\s+\S{2,}/su.test(text)) {
            context.report({ loc: comment.loc, messageId: 'reason' });
          }
        }
      },
    };
  },
};
