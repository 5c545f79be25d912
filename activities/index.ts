import { admitDeployment } from './admission.js';
import { adoptLive, hostOf, observeTarget } from './adoption.js';
import { createDeploymentActivities } from './deployments.js';
import type { ControlDeps, EffectDeps, HostDeps } from './deps.js';
import { createEffects } from './effects.js';
import { allFailing } from './failure.js';
import { remindOfGate } from './tell.js';
import { driftSeen, targetsToLookAt } from './drift.js';
import { contentRemoved } from './content-removed.js';
import { housekeepingDone, outboxDelivered, recordsRemoved, releasesSwept } from './housekeeping.js';
import { runScan, type ScanDeps } from './run-scan.js';
import { runPerformanceTest, type LoadDeps } from './run-performance.js';
import { runOwn, stagesKnown, type OwnDeps } from './run-own.js';
import { runStage } from './run-stage.js';
import { closeGate, openGate, openQuestion } from './gates.js';
import { closeIncident, openIncident, verifyServing } from './incidents.js';
import { judgeRequest, nextInQueue } from './queue.js';
import { admitRun, finishRun, recordEvidence, recordRelease } from './runs.js';
import { canaryKept, seenByControl, seenByHost, seenByStage } from './sightings.js';
import { recordRefusal, verifyStatement } from './statements.js';
import {
  askTarget,
  awaitDeployment,
  cancelWorkflow,
  findRequest,
  loadTarget,
  noteRequest,
  settleRequest,
  withdrawFromTarget,
} from './targets.js';
import {
  awaitAdmission,
  awaitRun,
  findCommit,
  recordUnfired,
  reportStatus,
  startTriggered,
  type TriggerDeps,
} from './triggers.js';
import { watch } from './watch.js';

/** Queue `control`: decisions and records. */
export const createControlActivities = (deps: ControlDeps) =>
  allFailing({
    admitRun: admitRun(deps),
    recordRelease: recordRelease(deps),
    recordEvidence: recordEvidence(deps),
    openGate: openGate(deps),
    openQuestion: openQuestion(deps),
    closeGate: closeGate(deps),
    remindOfGate: remindOfGate(deps),
    finishRun: finishRun(deps),
    verifyStatement: verifyStatement(deps),
    recordRefusal: recordRefusal(deps),
    askTarget: askTarget(deps),
    withdrawFromTarget: withdrawFromTarget(deps),
    loadTarget: loadTarget(deps),
    findRequest: findRequest(deps),
    noteRequest: noteRequest(deps),
    settleRequest: settleRequest(deps),
    judgeRequest: judgeRequest(deps),
    nextInQueue: nextInQueue(deps),
    hostOf: hostOf(deps),
    adoptLive: adoptLive(deps),
    admitDeployment: admitDeployment(deps),
    cancelWorkflow: cancelWorkflow(deps),
    recordsRemoved: recordsRemoved(deps),
    contentRemoved: contentRemoved(deps),
    canaryKept: canaryKept(deps),
    seenByControl: seenByControl(deps),
    housekeepingDone: housekeepingDone(deps),
    outboxDelivered: outboxDelivered(deps),
    targetsToLookAt: targetsToLookAt(deps),
    driftSeen: driftSeen(deps),
    openIncident: openIncident(deps),
    closeIncident: closeIncident(deps),
    ...createDeploymentActivities(deps),
  });

/** Queue `watch`: waiting for workflows. */
export const createWaitingActivities = (deps: ControlDeps) =>
  allFailing({ awaitDeployment: awaitDeployment(deps) });

/** Queue `watch` too: what starts runs while nobody sits at a terminal, which takes long and holds nothing up. */
export const createTriggerActivities = (deps: TriggerDeps) =>
  allFailing({
    findCommit: findCommit(deps),
    startTriggered: startTriggered(deps),
    awaitAdmission: awaitAdmission(deps),
    awaitRun: awaitRun(deps),
    reportStatus: reportStatus(deps),
    recordUnfired: recordUnfired(deps),
  });

/** Queue `host/<id>` (or `control`): the world. */
export const createEffectActivities = (deps: HostDeps) =>
  allFailing({
    ...createEffects(deps),
    observeTarget: observeTarget(deps),
    verifyServing: verifyServing(deps),
    releasesSwept: releasesSwept(deps),
    seenByHost: seenByHost(deps),
  });

/** Queue `host/<id>/watch` (or `watch`): looking at the world. */
export const createWatchActivities = (deps: EffectDeps) => allFailing({ watch: watch(deps) });

/** Queue `stage`: users' commands; no credentials. */
export const createStageActivities = (deps: ScanDeps & LoadDeps & OwnDeps) =>
  allFailing({
    runStage: runStage(deps),
    runScan: runScan(deps),
    runPerformanceTest: runPerformanceTest(deps),
    runOwn: runOwn(deps),
    stagesKnown: stagesKnown(deps),
    seenByStage: seenByStage(deps),
  });

export type Activities = ReturnType<typeof createControlActivities> &
  ReturnType<typeof createWaitingActivities> &
  ReturnType<typeof createTriggerActivities> &
  ReturnType<typeof createEffectActivities> &
  ReturnType<typeof createWatchActivities> &
  ReturnType<typeof createStageActivities>;
