import type { ShortAuth } from 'duetjs';
import { html, type TemplateResult } from 'lit';

/** What the pictures are for: a comparison that anyone may make, and nobody has to. */
export const badgeMeans =
  'The same five pictures stand on their page, if nobody is in between. You may compare them.';

/** Five pictures with their words; a screen reader says the words. */
export function authBadge({ emoji, words }: ShortAuth, testId: string): TemplateResult {
  return html`<span class="auth-badge" role="img" aria-label=${words.join(', ')} data-testid=${testId}>
    ${emoji.map(
      (picture, at) =>
        html`<span><span class="picture">${picture}</span><span class="small">${words[at] ?? ''}</span></span>`,
    )}
  </span>`;
}

/** The pictures alone, where there is little room; the words are said, and shown on pointing at them. */
export function smallAuthBadge({ emoji, words }: ShortAuth, testId: string): TemplateResult {
  const said = words.join(', ');
  return html`<span class="auth-badge small" role="img" aria-label=${said} title=${said} data-testid=${testId}>
    ${emoji.map((picture) => html`<span class="picture">${picture}</span>`)}
  </span>`;
}
