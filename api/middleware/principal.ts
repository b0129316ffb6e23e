import type { MiddlewareHandler } from 'hono';
import type { Tenant } from '../../domain/ids.ts';
import type { AppEnv } from '../context.ts';

const LOCAL_TENANT = 'main' as Tenant;

/** Who asks, and whose data it is. The one place where credentials will be looked at; today everyone is local. */
export const resolvePrincipal: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('tenant', LOCAL_TENANT);
  c.set('principal', 'local');
  await next();
};
