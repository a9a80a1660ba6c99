import { toErrorFacts } from '../../core/errors.ts';
import { importAsset } from '../../core/import-asset.ts';
import type { EngineAssets, EngineFact } from '../../core/messages/page-engine.ts';
import type { VadModel } from '../../core/settings.ts';
import { EnergyModel } from './energy-model.ts';
import type { ProbabilityModel } from './probability-model.ts';

/** What `dist/vad.silero.js` exports. It is loaded only when a Silero model is asked for. */
interface SileroModule {
  loadSilero(options: { model: VadModel; modelUrl: string; ortWasmUrl: string }): Promise<ProbabilityModel>;
}

/** The detectors' models: the one asked for as soon as it has run once, energy until then or when it fails. */
export class DetectorModels {
  readonly #report: (fact: EngineFact) => void;
  #loaded: ProbabilityModel | undefined;
  #ready: Promise<ProbabilityModel | undefined> = Promise.resolve(undefined);

  constructor(report: (fact: EngineFact) => void) {
    this.#report = report;
  }

  /** Begins to load. What becomes of it is a `vad-model` fact; a failure carries its error and leaves energy in charge. */
  load(assets: EngineAssets, model: VadModel): void {
    this.#ready =
      model === 'energy'
        ? Promise.resolve(undefined)
        : this.#load(assets, model).catch((thrown: unknown) => {
            this.#report({ type: 'vad-model', model: 'energy', error: toErrorFacts(thrown, 'vad_failed') });
            return undefined;
          });
  }

  /** Settles when the model asked for has run once, or failed. */
  get ready(): Promise<ProbabilityModel | undefined> {
    return this.#ready;
  }

  /**
   * The best there is now; `takeOver` is called with the model asked for when that comes later. An energy model is new
   * each time: it learns one microphone's floor.
   */
  current(takeOver: (model: ProbabilityModel) => void): ProbabilityModel {
    if (this.#loaded) {
      this.#loaded.reset();
      return this.#loaded;
    }
    void this.#ready.then((model) => model && takeOver(model));
    return new EnergyModel();
  }

  async #load(assets: EngineAssets, model: Exclude<VadModel, 'energy'>): Promise<ProbabilityModel> {
    const module = await importAsset<SileroModule>(assets.vadModule, 'The detector’s module');
    this.#loaded = await module.loadSilero({ model, modelUrl: assets.models[model], ortWasmUrl: assets.ortWasm });
    this.#report({ type: 'vad-model', model });
    return this.#loaded;
  }
}
