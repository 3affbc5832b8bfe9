import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import Sparkles from 'lucide-react/icons/sparkles';
import type { ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { notifyDone, notifyProblem } from '../../parts/problem';
import { useAt } from '../../shell/go';

/** Installs a plugin to learn from, in one click. It asks for no permission. */
export function InstallSample(): ReactNode {
  const upload = useCall('uploadPlugin');
  const navigate = useNavigate();
  const at = useAt();
  const install = async (): Promise<void> => {
    const { samplePackage } = await import('./sample-package');
    const plugin = await upload.mutateAsync({ body: { file: samplePackage(), enable: 'true', grant: 'all' } });
    notifyDone(`${plugin.name} is installed and enabled`);
    await navigate({ to: at(`plugins/${plugin.slug}`) });
  };
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<Sparkles size={14} />}
      loading={upload.isPending}
      onClick={() => void install().catch(notifyProblem)}
    >
      Install a sample
    </Button>
  );
}
