import {
  type DryAnswer,
  type DryRun,
  type HandlerOptions,
  type OwnerDuet,
  type PastRequest,
  visibleText,
} from 'duetjs';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { quotedWord } from '../base/peer-text';
import { byteWords, count, errorWords } from '../base/words';

/** The latest so many answers are listed. */
const mostShown = 100;

interface Tried {
  readonly run: DryRun;
  /** Those that it was tried on, one for each answer. */
  readonly past: readonly PastRequest[];
}

const would = {
  accept: ['warn', 'accepts'],
  deny: ['', 'denies'],
  pass: ['', 'leaves it'],
  'too-narrow': ['', 'may not'],
  ask: ['', 'asks you'],
} as const;

/** What a handler would have done with what was asked so far. Nothing follows from it. */
export class DryRunView extends DuetElement {
  static override readonly properties = {
    duet: { attribute: false },
    options: { attribute: false },
  };
  declare duet: OwnerDuet;
  declare options: HandlerOptions;
  #tried: Tried | undefined;
  #triedOptions = '';
  #problem = '';

  protected override willUpdate(_changed: PropertyValues<this>): void {
    // What was tried was another handler.
    if (this.#triedOptions === JSON.stringify(this.options)) return;
    this.#tried = undefined;
    this.#problem = '';
  }

  protected override render(): TemplateResult {
    return html`<div>
        <button type="button" class="small" data-testid="dry-run" @click=${this.#try}>
          What would it have released so far?
        </button>
      </div>
      ${this.#tried ? this.#result(this.#tried) : nothing}
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="dry-run-error">${this.#problem}</p>`
      }`;
  }

  #result({ run, past }: Tried): TemplateResult {
    const { answers, accepted, denied, passed, tooNarrow, asked, elements, bytes } = run;
    if (answers.length === 0) {
      return html`<p class="notice" role="status" data-testid="dry-run-result">Nothing was asked so far.</p>`;
    }
    return html`<p class="notice" role="status" data-testid="dry-run-result">
        Alone, and with its whole quota, it would have accepted ${accepted} of ${count(answers.length, 'request')}
        (${count(elements, 'number')}, ${byteWords(bytes)}), denied ${denied}, and left ${passed + tooNarrow + asked} to
        you${tooNarrow > 0 ? `; ${tooNarrow} of them it matches, and may not release` : ''}.
      </p>
      <div class="scroll" tabindex="0" role="region" aria-label="Its answers">
        <table>
          <thead>
            <tr>
              <th scope="col">It</th>
              <th scope="col">Request</th>
              <th scope="col">Class</th>
              <th scope="col">Numbers</th>
              <th scope="col">Their name for it</th>
              <th scope="col">What became of it</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            ${answers
              .map((answer, at) => this.#row(answer, past[at]))
              .slice(-mostShown)
              .reverse()}
          </tbody>
        </table>
      </div>`;
  }

  #row(answer: DryAnswer, asked: PastRequest | undefined): TemplateResult {
    const [tone, words] = would[answer.would];
    return html`<tr data-testid="dry-run-answer">
      <td><span class="badge ${tone}">${words}</span></td>
      <td>${answer.request}</td>
      <td>${asked?.facts.class}</td>
      <td>${asked?.facts.elements}</td>
      <td>${quotedWord(asked?.facts.name ?? '')}</td>
      <td>${answer.outcome ?? 'open'}</td>
      <td>${visibleText(answer.why ?? '')}</td>
    </tr>`;
  }

  async #try(): Promise<void> {
    const { duet, options } = this;
    this.#triedOptions = JSON.stringify(options);
    this.#problem = '';
    try {
      const past = await duet.audit.requests();
      this.#tried = { run: duet.requests.dryRun(options, past), past };
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

customElements.define('duet-dry-run-view', DryRunView);
