import type { OwnerDuet, OwnerRun, Peer } from 'duetjs';
import { visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { everySecond, Following } from '../base/following';
import { quotedWord } from '../base/peer-text';
import { count, errorWords, shortFingerprint } from '../base/words';

/** What is computed in this tab, for whom, and how to hold or end it. Nothing while nobody is joined. */
export class RunsPanel extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'peer', 'run');
    // Single ops come and go too fast to be told one by one.
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult | typeof nothing {
    const joined = this.duet.peers.filter(({ status }) => status === 'joined');
    if (joined.length === 0) return nothing;
    return html`<section class="panel" aria-labelledby="runs-title" data-testid="runs-panel">
      <div class="panel-head">
        <h2 id="runs-title">Running</h2>
        <span class="soft small">Here, in this tab. Scientists are told when you stop a run, and not when you pause.</span>
      </div>
      <ul class="items">
        ${repeat(
          joined,
          (peer) => peer,
          (peer) => this.#row(peer),
        )}
      </ul>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="runs-error">${this.#problem}</p>`
      }
    </section>`;
  }

  #row(peer: Peer): TemplateResult {
    const isAtWork = peer.activity?.computing !== undefined || peer.run?.status === 'running';
    return html`<li class="item" data-testid="activity" data-fingerprint=${peer.fingerprint}>
      <div class="grow">
        <span class="soft small">For</span> ${quotedWord(peer.name)} <code>${shortFingerprint(peer.fingerprint)}</code>
        <div class="small soft" data-testid="activity-words">${activityWords(peer)}</div>
      </div>
      <div class="actions">
        <button
          type="button"
          class="small"
          data-testid="peer-pause"
          aria-pressed=${peer.isPaused}
          @click=${() => this.#try(() => (peer.isPaused ? peer.resume() : peer.pause()))}
        >
          ${peer.isPaused ? 'Go on' : 'Pause everything'}
        </button>
        <button
          type="button"
          class="small danger"
          data-testid="peer-end"
          title="Its result is lost; a training run goes on from its last checkpoint"
          ?disabled=${!isAtWork}
          @click=${() => this.#try(() => peer.endComputation())}
        >
          End this computation
        </button>
      </div>
      ${peer.run ? this.#run(peer.run) : nothing}
    </li>`;
  }

  #run(run: OwnerRun): TemplateResult {
    const { id, step, steps, status, words } = run;
    const isPaused = status === 'paused';
    return html`<div class="run" data-testid="run" data-status=${status} aria-label="Training run ${id}" role="group">
      <div class="row">
        <span class="badge ${isPaused ? '' : 'warn'}">${isPaused ? 'paused' : 'training'}</span>
        ${quotedWord(run.name)}
        <span class="soft small countdown" data-testid="run-progress" data-step=${step}>step ${step} of ${count(steps, 'step')}</span>
        <progress class="grow" max=${steps} value=${step} aria-label="Steps that are done"></progress>
        <div class="actions">
          ${
            isPaused
              ? html`<button type="button" class="small" data-testid="run-resume" @click=${() => this.#try(() => run.resume())}>
                Resume
              </button>`
              : html`<button type="button" class="small" data-testid="run-pause" @click=${() => this.#try(() => run.pause())}>
                Pause
              </button>`
          }
          <button type="button" class="small danger" data-testid="run-stop" @click=${() => this.#try(() => run.stop())}>
            Stop
          </button>
        </div>
      </div>
      ${
        words === undefined
          ? nothing
          : html`<details>
            <summary class="small">What a step computes</summary>
            <pre data-testid="run-words">${words.map(visibleText).join('\n')}</pre>
          </details>`
      }
    </div>`;
  }

  #try(action: () => void): void {
    this.#problem = '';
    try {
      action();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

function activityWords({ isPaused, activity }: Peer): string {
  const computing = activity?.computing;
  if (computing !== undefined) {
    const words = visibleText(computing);
    return isPaused ? `Paused, after this: ${words}` : `Computing ${words}`;
  }
  if (isPaused) return 'Paused: nothing of theirs is handled.';
  return activity?.run?.status === 'running' ? 'Training.' : 'Nothing is computed right now.';
}

customElements.define('duet-runs-panel', RunsPanel);
