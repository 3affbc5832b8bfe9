/** What is probably wrong with a pod, from what the cluster says of it. */
export interface Trouble {
  reason?: string | null;
  message?: string | null;
  container?: string | null;
  exit_code?: number | null;
  count?: number;
}

export interface Remedy {
  finding: string;
  /** What somebody may do about it, once it is approved; `none`: look at it. */
  action: 'raise_memory' | 'restart' | 'fix_image' | 'add_capacity' | 'none';
}

export function remedyOf(type: string, { reason, message, container, exit_code: code }: Trouble): Remedy {
  const where = container ?? 'a container';
  if (type === 'pod.out_of_memory' || reason === 'OOMKilled')
    return { finding: `${where} needs more memory than its limit`, action: 'raise_memory' };
  if (type === 'pod.stuck') {
    if (reason === 'Unschedulable') return { finding: `no node has room: ${message ?? ''}`, action: 'add_capacity' };
    if (/Image/.test(reason ?? '')) return { finding: `the image of ${where} cannot be had`, action: 'fix_image' };
    return { finding: `${where} cannot be made: ${reason ?? ''} ${message ?? ''}`.trim(), action: 'none' };
  }
  if (code === 137 || code === 143) return { finding: `${where} was ended from outside (${code})`, action: 'restart' };
  return { finding: `${where} ends by itself, with code ${code ?? 'unknown'}`, action: 'none' };
}
