import type { OwnerDuet } from 'duetjs';
import { html, type TemplateResult } from 'lit';

/** Whether what is published is to outlive the page. Not chosen beforehand: nothing lies on a disk that nobody put there. */
export function keepField({ audit }: OwnerDuet): TemplateResult {
  return html`<label class="check">
    <input type="checkbox" name="keep" ?disabled=${!audit.lasting} data-testid="publish-keep" />
    ${
      audit.lasting
        ? 'Keep in this browser, encrypted, so that it is there after a reload'
        : 'It cannot be kept for a reload: this page stores nothing'
    }
  </label>`;
}

export function wantsKept(form: HTMLFormElement): boolean {
  return new FormData(form).has('keep');
}
