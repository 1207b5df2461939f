package org.apache.spark.sql.delta;

import com.google.common.cache.Cache;
import java.util.Iterator;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Makes the snapshots of tables list their files from memory. */
public class ListedLogs {
    /** Put such a log in the place of each that Delta Lake keeps in memory. */
    public void adopt(SparkSession spark) {
        Cache cache = DeltaLog$.MODULE$.getOrCreateCache(spark.sessionState().conf());
        Iterator entries = cache.asMap().entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry entry = (Map.Entry) entries.next();
            if (!(entry.getValue() instanceof ListedLog)) {
                cache.put(entry.getKey(), new ListedLog((DeltaLog) entry.getValue()));
            }
        }
    }
}

class ListedLog extends DeltaLog {
    ListedLog(DeltaLog log) {
        super(log.logPath(), log.dataPath(), log.options(), log.allOptions(), log.clock(), Option.empty());
    }

    public Snapshot createSnapshot(LogSegment segment, Option coordinator, Option table, Option checksum) {
        Snapshot made = super.createSnapshot(segment, coordinator, table, checksum);
        return new ListedSnapshot(made.path(), made.version(), made.logSegment(), this, made.checksumOpt());
    }
}
