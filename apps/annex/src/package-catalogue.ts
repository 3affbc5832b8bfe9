/** Which packages are let in, and where the catalogue is read. */
import { CatalogueReader, PackagePolicy, PublisherList, TrustedKeys } from '@annex/catalogue';
import { createEgress } from '@annex/egress';
import { authorityOf } from './authority.js';
import type { PlatformContext } from './platform-context.js';

/** What the settings say of packages. */
export interface PackageTrust {
  policy: PackagePolicy;
  trustedKeys: TrustedKeys;
  /** `undefined`: there is no catalogue. */
  catalogue: { reader: CatalogueReader; publishers: PublisherList } | undefined;
}

/**
 * Opens publishers and catalogue; neither is read before somebody asks. The operator's own addresses may lie inside the
 * network; what a catalogue names elsewhere has to be public, or allowed to plugins too.
 */
export function openPackageTrust({ settings, database, clock, logger }: PlatformContext): PackageTrust {
  const { rule, publishers: list, catalogueUrl } = settings.packages;
  const own = [list, catalogueUrl].flatMap((text) => (text && /^https?:/i.test(text) ? authorityOf(text) : []));
  const web = createEgress({ allowPrivate: [...settings.egressAllowPrivate, ...own] });
  const parts = { database, web, clock, logger };
  const publishers = list === undefined ? undefined : new PublisherList(parts, list);
  const reader =
    publishers && catalogueUrl !== undefined ? new CatalogueReader({ ...parts, publishers }, catalogueUrl) : undefined;
  return {
    policy: new PackagePolicy({ rule, publishers, reader }),
    trustedKeys: new TrustedKeys(rule, publishers),
    catalogue: publishers && reader && { publishers, reader },
  };
}
