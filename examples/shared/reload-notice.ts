import { html, type TemplateResult } from 'lit';

/** What was chosen holds from the next load on. `name` goes before the test ids. */
export function reloadNotice(name: string): TemplateResult {
  return html`<div class="notice warn row" role="status" data-testid="${name}-changed">
    <span class="grow">It holds once the page was loaded again.</span>
    <button type="button" class="small" data-testid="${name}-reload" @click=${() => location.reload()}>
      Load it again
    </button>
  </div>`;
}
