import 'reflect-metadata';
import { Dispatcher } from '@annex/dispatch';
import { NoticeWork } from '@annex/notices';
import { EtcdMirrors, SettingWatches } from '@annex/settings';
import { SourceWork } from '@annex/sources';
import type { Logger, Stoppable } from '@annex/kernel';
import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** What the worker stands on. The program that starts it makes these and owns them. */
export interface WorkerServices {
  dispatcher: Dispatcher;
  sourceWork: SourceWork;
  settingWatches: SettingWatches;
  noticeWork: NoticeWork;
  etcdMirrors: EtcdMirrors;
  logger: Logger;
}

export type RunningWorker = Stoppable;

/**
 * How long runs under way may take to end before they are handed back, in milliseconds; leaves room for the rest of a
 * stop within 25 s.
 */
const DRAIN_MS = 20_000;

/** Starts dispatch with the application and drains it on the way out. */
@Injectable()
class DispatchLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly sourceWork: SourceWork,
    private readonly settingWatches: SettingWatches,
    private readonly noticeWork: NoticeWork,
    private readonly etcdMirrors: EtcdMirrors,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.dispatcher.start();
    await this.sourceWork.start();
    await this.settingWatches.start();
    this.noticeWork.start();
    this.etcdMirrors.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.noticeWork.stop();
    await this.etcdMirrors.stop();
    await this.settingWatches.stop();
    await this.sourceWork.stop();
    await this.dispatcher.stop(DRAIN_MS);
  }
}

@Module({})
class WorkerModule {}

function workerModule({
  dispatcher,
  sourceWork,
  settingWatches,
  noticeWork,
  etcdMirrors,
}: WorkerServices): DynamicModule {
  return {
    module: WorkerModule,
    providers: [
      { provide: Dispatcher, useValue: dispatcher },
      { provide: SourceWork, useValue: sourceWork },
      { provide: SettingWatches, useValue: settingWatches },
      { provide: NoticeWork, useValue: noticeWork },
      { provide: EtcdMirrors, useValue: etcdMirrors },
      DispatchLifecycle,
    ],
  };
}

/** Starts background work: relay, runs of events and jobs, schedules, reconciling, retention. No HTTP. */
export async function startWorker(services: WorkerServices): Promise<RunningWorker> {
  const app = await NestFactory.createApplicationContext(workerModule(services), { logger: false });
  let stopping: Promise<void> | undefined;
  return { stop: () => (stopping ??= app.close()) };
}
