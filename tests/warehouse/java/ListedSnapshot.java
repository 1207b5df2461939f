package org.apache.spark.sql.delta;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.BasePredicate;
import org.apache.spark.sql.catalyst.expressions.Cast$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.Literal$;
import org.apache.spark.sql.catalyst.expressions.Predicate$;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.stats.DataSize;
import org.apache.spark.sql.delta.stats.DeltaScan;
import org.apache.spark.sql.types.StringType$;
import scala.Option;
import scala.Some;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.immutable.Seq;

/**
 * A snapshot that takes the list of its files from memory, where Delta Lake's own asks Spark, with a job for each
 * scan of a table. The list is the one that Delta Lake itself carries from commit to commit in its checksums.
 */
public class ListedSnapshot extends Snapshot {
    private volatile Seq files;

    public ListedSnapshot(Path path, long version, LogSegment segment, DeltaLog log, Option checksum) {
        super(path, version, segment, log, checksum);
    }

    /** All files; read by a job once when no commit of this process has listed them. */
    private Seq listed() {
        if (files == null) {
            Option known = checksumOpt().isDefined() ? ((VersionChecksum) checksumOpt().get()).allFiles() : Option.empty();
            files = known.isDefined() ? (Seq) known.get() : super.getAllFiles(false);
        }
        return files;
    }

    /** What the next commit goes on from: with the list in it, the next snapshot has one too. */
    public VersionChecksum computeChecksum() {
        VersionChecksum known = checksumOpt().isDefined() ? (VersionChecksum) checksumOpt().get() : null;
        if (known != null && known.allFiles().isDefined() && known.domainMetadata().isDefined()) {
            return known;
        }
        VersionChecksum sum = super.computeChecksum();
        return new VersionChecksum(
            sum.txnId(), sum.tableSizeBytes(), sum.numFiles(), sum.numDeletedRecordsOpt(), sum.numDeletionVectorsOpt(),
            sum.numMetadata(), sum.numProtocol(), sum.inCommitTimestampOpt(), new Some(setTransactions()),
            new Some(domainMetadata()), sum.metadata(), sum.protocol(), sum.histogramOpt(),
            sum.deletedRecordCountsHistogramOpt(), new Some(listed()));
    }

    public long numOfFiles() {
        return listed().size();
    }

    public long sizeInBytes() {
        long size = 0;
        Seq all = listed();
        for (int i = 0; i < all.size(); i++) {
            size += ((AddFile) all.apply(i)).size();
        }
        return size;
    }

    public Option numOfFilesIfKnown() {
        return new Some(Long.valueOf(numOfFiles()));
    }

    public Option sizeInBytesIfKnown() {
        return new Some(Long.valueOf(sizeInBytes()));
    }

    /** With all their statistics, also where only the number of rows is asked for, or nothing. */
    public Seq getAllFiles(boolean keepNumRecords) {
        return listed();
    }

    /** Filters on other columns than the partition's decide nothing here: Spark applies them to the rows. */
    public DeltaScan filesForScan(Seq filters, boolean keepNumRecords) {
        Seq partitions = metadata().partitionColumns();
        List kept = new ArrayList();
        for (int i = 0; i < filters.size(); i++) {
            Expression filter = (Expression) filters.apply(i);
            boolean plain = filter.deterministic() && !DeltaTableUtils.containsSubquery(filter);
            if (plain && DeltaTableUtils.isPredicatePartitionColumnsOnly(filter, partitions, spark())) {
                kept.add(filter);
            }
        }
        return super.filesForScan(JavaConverters.asScalaBuffer(kept).toSeq(), keepNumRecords);
    }

    public Tuple2 filterOnPartitions(Seq filters, boolean keepNumRecords) {
        List kept = new ArrayList();
        long size = 0;
        Seq all = listed();
        for (int i = 0; i < all.size(); i++) {
            AddFile file = (AddFile) all.apply(i);
            if (matches(file, filters)) {
                kept.add(file);
                size += file.size();
            }
        }
        Option none = Option.empty();
        DataSize scanned = new DataSize(new Some(Long.valueOf(size)), none, new Some(Long.valueOf(kept.size())), none);
        return new Tuple2(JavaConverters.asScalaBuffer(kept).toSeq(), scanned);
    }

    private boolean matches(AddFile file, Seq filters) {
        for (int i = 0; i < filters.size(); i++) {
            Expression filter = (Expression) filters.apply(i);
            List attributes = new ArrayList(JavaConverters.seqAsJavaList(filter.references().toSeq()));
            Object[] values = new Object[attributes.size()];
            for (int at = 0; at < values.length; at++) {
                values[at] = value(file, (AttributeReference) attributes.get(at));
            }
            BasePredicate predicate = Predicate$.MODULE$.create(filter, JavaConverters.asScalaBuffer(attributes).toSeq());
            predicate.initialize(0);
            if (!predicate.eval(new GenericInternalRow(values))) {
                return false;
            }
        }
        return true;
    }

    private Object value(AddFile file, AttributeReference attribute) {
        scala.collection.Iterator names = file.partitionValues().keysIterator();
        while (names.hasNext()) {
            String name = (String) names.next();
            if (name.equalsIgnoreCase(attribute.name())) {
                Expression text = Literal$.MODULE$.create(file.partitionValues().apply(name), StringType$.MODULE$);
                Option zone = new Some(spark().sessionState().conf().sessionLocalTimeZone());
                return Cast$.MODULE$.apply(text, attribute.dataType(), zone, false).eval(null);
            }
        }
        return null;
    }
}
