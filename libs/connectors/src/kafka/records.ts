/** Records of one partition: those that count, without what a transaction took back. */
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import type { PartitionAnswer } from './cluster.js';

export interface RecordAt {
  offset: bigint;
  /** Milliseconds since the epoch. */
  timeMs: bigint;
  record: KafkaRecord;
}

/** Bits of a batch's attributes (Kafka protocol guide, "Record Batch"). */
const transactional = 1 << 4;
const control = 1 << 5;

/** What is new from an offset on, and where to go on behind all of it. */
export function readRecords(answer: PartitionAnswer, from: bigint): { records: RecordAt[]; next: bigint } {
  const batches = answer.records ?? [];
  const aborted = [...(answer.abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const failing = new Set<bigint>();
  const records: RecordAt[] = [];
  let next = from;
  for (const batch of batches) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    for (let first = aborted[0]; first && first.firstOffset <= last; first = aborted[0]) {
      failing.add(first.producerId);
      aborted.shift();
    }
    if (batch.attributes & control) failing.delete(batch.producerId);
    else if (!(batch.attributes & transactional && failing.has(batch.producerId)))
      records.push(...recordsOf(batch, from));
    if (last >= next) next = last + 1n;
  }
  return { records, next };
}

/** A batch may begin before what was asked for. */
function recordsOf({ firstOffset, firstTimestamp, records }: RecordsBatch, from: bigint): RecordAt[] {
  return records.flatMap((record) => {
    const offset = firstOffset + BigInt(record.offsetDelta);
    return offset < from ? [] : [{ offset, timeMs: firstTimestamp + record.timestampDelta, record }];
  });
}
