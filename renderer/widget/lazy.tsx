import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A component whose code is fetched when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [Loaded, setLoaded] = useState(() => loaded);
    useEffect(() => {
      const show = async (): Promise<void> => {
        const component = (loaded = await load());
        setLoaded(() => component);
      };
      void show();
    }, []);
    return Loaded ? <Loaded {...props} /> : <div class="widget-wait spinner" role="presentation" />;
  };
}
