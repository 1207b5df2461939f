package org.apache.spark;

/**
 * A context that takes the code of its jobs as it is. Spark's own reads its bytes and writes it out once to see that it
 * could travel to other machines, which takes a fifth of the time of a small job; here all run in one process.
 */
public class TrustingContext extends SparkContext {
    public TrustingContext(SparkConf settings) {
        super(settings);
    }

    public Object clean(Object code, boolean checked) {
        return code;
    }
}
