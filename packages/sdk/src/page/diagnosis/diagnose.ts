import type { Diagnosis, DiagnosisFacts, Finding } from '../../core/diagnosis.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { abortable } from '../abortable.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { type MicrophoneChoice, mediaDevices } from '../microphone/devices.ts';
import type { CheckedOptions } from '../options/options.ts';
import type { Session } from '../session.ts';
import { ofDevices, ofEngine, ofMicrophone, ofSound } from './capture-findings.ts';
import { ofDelivery, ofStorage } from './delivery-findings.ts';
import { ofError } from './finding.ts';

/** What is looked at. */
export interface DiagnoseParts {
  options: Pick<CheckedOptions, 'microphone' | 'target' | 'storage'>;
  /** The microphone that was chosen in the place of the options'. */
  chosen: MicrophoneChoice | undefined;
  db: TurntapeDatabase;
  session: Session | undefined;
  delivery: Pick<Delivery, 'progress' | 'refused'>;
  /** Throws when nobody has agreed. */
  requireConsent: () => void;
}

/** Looks at everything between the person's mouth and the backend. Opens nothing, asks the person nothing. */
export async function diagnose(parts: DiagnoseParts, signal: AbortSignal | undefined): Promise<Diagnosis> {
  const { options, session, db, delivery } = parts;
  const [permission, microphones, room, persisted] = await abortable(
    Promise.all([microphonePermission(), countMicrophones(), estimate(), isPersisted()]),
    signal,
  );
  const facts: DiagnosisFacts = {
    secureContext: isSecureContext,
    permission,
    microphones,
    session: session?.state,
    microphone: session?.microphone,
    muted: session?.muted ?? false,
    usageBytes: room?.usage ?? null,
    quotaBytes: room?.quota ?? null,
    persisted,
  };
  const asked = Promise.all([
    ofEngine(session),
    ofStorage(db, room, options.storage.lowSpaceBytes),
    ofDelivery(delivery, options.target, signal),
  ]);
  const findings: Finding[] = [
    ...ofConsent(parts),
    ...(opensOne(parts) ? ofDevices(facts) : []),
    ...ofMicrophone(facts),
    ...ofSound(facts.session),
    ...(await abortable(asked, signal)).flat(),
  ];
  return { findings, facts };
}

/** A session would open a microphone. One that runs has one, or says what became of it; a stream of the app's is open already. */
function opensOne({ options, chosen, session }: DiagnoseParts): boolean {
  const wanted = options.microphone === false ? false : (chosen ?? options.microphone);
  return !session && wanted !== false && !(wanted instanceof MediaStream);
}

function ofConsent({ requireConsent }: DiagnoseParts): Finding[] {
  try {
    requireConsent();
    return [];
  } catch (thrown) {
    return [ofError('consent', thrown)];
  }
}

/** Firefox knew no microphone by this name for a long time. */
async function microphonePermission(): Promise<DiagnosisFacts['permission']> {
  const permissions = navigator.permissions as Permissions | undefined;
  const status = await permissions?.query({ name: 'microphone' }).catch(() => undefined);
  return status?.state ?? null;
}

async function countMicrophones(): Promise<number | null> {
  const found = await mediaDevices()
    ?.enumerateDevices()
    .catch(() => undefined);
  return found ? found.filter(({ kind }) => kind === 'audioinput').length : null;
}

/** Absent on a page that is not secure. */
const storage = (): StorageManager | undefined => navigator.storage;

/** Undefined where the browser does not say. */
async function estimate(): Promise<StorageEstimate | undefined> {
  return storage()
    ?.estimate()
    .catch(() => undefined);
}

async function isPersisted(): Promise<boolean | null> {
  return (
    (await storage()
      ?.persisted()
      .catch(() => undefined)) ?? null
  );
}
